"""Mail authentication without I/O: SPF, DKIM and DMARC as evaluators that ask for DNS answers.

Every evaluator is a generator: it yields questions, is sent answers and returns a frozen result.
`launchready.mailauth.lookups` says how; whoever drives it decides where answers come from.
"""
