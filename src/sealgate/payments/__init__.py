"""Payment providers behind `ports.PaymentProvider`: one room each, and none knows another. docs/payments.md.

Shared are only `signing` (keys and signatures), `fields` (what came from outside, checked) and `outbound` (asking over
the network). The signatures are short functions over `cryptography`: the providers' own kits accept notices a year old,
SHA-1 where SHA-256 was agreed, or call home when a stranger sends them an unknown key.
"""
