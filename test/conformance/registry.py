"""The registered cases, and the exemptions from them with their reasons."""

CASES = {}     # (service, operation): a function of the world that yields valid inputs
REFUSALS = {}  # operation: [(code, function of the world and a valid input that gives inputs)]

NEVER = set()  # operations that have no valid call


def case(service):
    """Keeps a generator under its name, which is the operation's: it yields a
    valid input, is sent the output, and may go on so."""
    def decorate(f):
        keep(service, f.__name__, f)
        return f
    return decorate


def keep(service, operation, generator):
    CASES[service, operation] = generator


def refuses(operations, code, *makers):
    """Registers inputs that give an error code: each maker gets the world and a
    valid input, and returns an input that is refused."""
    for operation in operations.split():
        REFUSALS.setdefault(operation, []).extend((code, lambda w, sent, make=make: [make(w, sent)]) for make in makers)


def listed(operation, member, key, make):
    """Registers an operation that lists by path: three items in two pages."""
    def pages(w):
        made = {make(w, Path="/listed/") for _ in range(3)}
        out = yield {"PathPrefix": "/listed/", "MaxItems": 2}
        assert out["IsTruncated"] and len(out[member]) == 2, out
        rest = yield {"PathPrefix": "/listed/", "MaxItems": 2, "Marker": out["Marker"]}
        assert {thing[key] for thing in out[member] + rest[member]} == made, rest
        assert rest["IsTruncated"] is False and "Marker" not in rest, rest

    keep("iam", operation, pages)


def never(service, operation, code, sent):
    """Registers an operation that is always refused: its resource cannot exist."""
    keep(service, operation, lambda w: iter([sent(w)]))
    refuses(operation, code, lambda w, valid: valid)
    NEVER.add(operation)


def maker_of(operations, code):
    """Like refuses, as a decorator of one maker."""
    def decorate(make):
        refuses(operations, code, make)
        return make
    return decorate


def without(member, value):
    """A maker: the valid input with a name that no resource has."""
    return lambda w, sent: {**sent, member: value(w) if callable(value) else value}


# (operation, place, what is broken): constraints of the model that the server
# does not hold, and why.
UNHELD = {}

# Shapes whose constraints outputs need not meet, and why.
LOOSE = {
    "PermissionsBoundaryAttachmentType": "the API reference's text and AWS's answers have Policy, the model's enumeration another word",
    "PolicySourceType": "AWS answers with IAM Policy, as the API reference's samples show; the model's enumeration has other words",
}

# Error codes of the models, or pairs of operation and code, that cannot be
# provoked, and why.
UNREACHABLE = {
    "ServiceFailure": "a fault of the server, which has none to order",
    "ConcurrentModification": "the database serialises changes, and the server tries again by itself",
    "UnmodifiableEntity": "it protects service-linked roles, and there are none",
    "PolicyNotAttachable": "it protects policies of service-linked roles, and there are none",
    "RegionDisabledException": "Regions cannot be switched off",
    "ExpiredTokenException": "the shortest session lives for a quarter of an hour",
}


def unreachable(operations, code, why):
    for operation in operations.split():
        UNREACHABLE[operation, code] = why
