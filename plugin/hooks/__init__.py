"""The RIS door: may this report be signed off?"""
