"""What a reader of the description has to know before any operation."""

ABOUT = """\
What a marketplace asks of its payment server: buyers with their PINs, sellers and products, transactions, payments through providers,
and the feed of what happened.

**Signed.** Every request is signed by a client that this server knows; who is not in an allowed network is refused before that. Paths
with `security: []` need no signature.

**JSON.** Bodies are JSON objects in UTF-8 and so are answers; an empty body is an empty object. A field that an operation does not know
is ignored, a query parameter that it does not know is 400. Times are UTC with milliseconds, amounts are decimals that no float has
touched, references are paths. No text may hold a NUL character.

**Paths** end in a slash and mean the same without it; nothing redirects. A path that does not exist is 404 with `{}`, for everybody. A
method that a path does not have is 405 with `Allow`. `HEAD` is answered as `GET` is, without the body. A body or a
`Transfer-Encoding` that comes with a `GET` or `DELETE` is checked as any other, and may be 411, 413 or 415.

**Once.** A `POST` under an `Idempotency-Key` has one effect and one answer, however often it is sent.

**Conditional.** `ETag` names what was shown. `If-None-Match` saves the way (304), `If-Match` refuses to change what has changed (412).

**Traced.** `Transaction-Id` names a request in every line of the log, and comes back with the answer. `Server-Timing`
says how many ms the answer took, and how many of them a provider did.

**Errors.** 400 says what is wrong by field (`__all__` for rules that no one field breaks) or in words under `detail`. Where a program
has to tell cases apart, there is a `code`. After 504 nobody knows yet whether money moved: ask again, never pay anew.
"""
