"""The HL7 v2 door: bytes over MLLP in, an acknowledgement out."""
