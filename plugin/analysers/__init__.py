"""Outside analysers (AI 质控): asked after the commit, believed no further than their answers hold."""
