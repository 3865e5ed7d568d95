"""Calls every operation of IAM and STS that a server supports, as boto3 does.

For each: a valid call whose output is held to botocore's model; the same call
with each constraint of the input's model broken in turn, which must be refused
with the name of the place and change nothing; and every error code of its model,
provoked or explained. It fails when the server has an operation without a case.

    python run.py [OPERATION...]

with the server's address and an administrator's keys in the AWS variables.
"""

import importlib
import pathlib
import re
import sys
import time
import traceback

from botocore.exceptions import ClientError

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # stories run Python isolated, without the script's folder in the path

import model
from registry import CASES, LOOSE, NEVER, REFUSALS, UNHELD, UNREACHABLE
from world import World

for part in ("iam_entities", "iam_groups", "iam_policies", "iam_tags", "iam_account", "iam_absent", "simulation", "federation", "mfa", "sts_sessions"):
    importlib.import_module(part)


# Sentences of AWS that clients compare. A message that begins with one must be it alone.
SENTENCES = [re.split("(%[sd])", line) for line in
             pathlib.Path(__file__).parents[2].joinpath("internal/fault/testdata/sentences.txt").read_text().splitlines() if line[0] != "#"]


def alone(message):
    """Whether a message adds nothing to the sentence of AWS that it begins with."""
    def like(parts, end):
        return re.match("".join(".*?" if p in ("%s", "%d") else re.escape(p) for p in parts) + end, message, re.DOTALL)
    begun = [parts for parts in SENTENCES if parts[-1] and like(parts, "")]
    return not begun or any(like(parts, r"\Z") for parts in SENTENCES)


class Report:
    def __init__(self):
        self.operations = self.constraints = self.errors = 0
        self.failures = []

    def fail(self, operation, text):
        self.failures.append("%s: %s" % (operation, text))


def supported(world, service):
    """The operations that do not answer a caller without any right that they are
    unsupported; it may use none of them, so that asking changes nothing."""
    nobody = world.client(service, world.key(world.user()))
    found = set()
    for operation in world.model(service).operation_names:
        try:
            world.call(service, operation, {}, nobody)
        except ClientError as e:
            if e.response["Error"]["Code"] == "UnsupportedOperation":
                continue
        found.add(operation)
    return found


def refused(world, service, operation, sent, client=None):
    """The error of a call that must fail: code, status and text."""
    try:
        world.call(service, operation, sent, client)
    except ClientError as e:
        meta = e.response["ResponseMetadata"]
        if not meta.get("RequestId"):
            raise AssertionError("an error without a RequestId: %r" % e.response) from e
        if not alone(e.response["Error"].get("Message", "")):
            raise AssertionError("AWS's sentence does not stand alone: %r" % e.response) from e
        return e.response["Error"]["Code"], meta["HTTPStatusCode"], e.response["Error"].get("Message", "")
    return None, 200, ""


def check_constraints(world, service, operation, sent, report):
    shape = world.model(service).operation_model(operation).input_shape
    if shape is None:
        return
    secrets = {name for name, member in shape.members.items() if member.metadata.get("sensitive")}
    for b in model.breaks(shape, sent):
        if (operation, b.at, b.what.split(",")[0]) in UNHELD:
            continue
        report.constraints += 1
        code, status, text = refused(world, service, operation, b.sent)
        if (code, status) != ("ValidationError", 400) or "'%s'" % b.at not in text and not text.startswith("The specified value for %s is invalid. It must " % b.at):
            report.fail(operation, "%s %s: got %s %d %r" % (b.at, b.what, code, status, text))
        for name in secrets & set(b.sent):
            if len(b.sent[name]) >= 4 and b.sent[name][:20] in text:
                report.fail(operation, "a refusal repeats the secret %s: %r" % (name, text))


def check_refusals(world, service, operation, refusals, report):
    """Causes each error code. A code of the model must have the model's status."""
    modelled = {e.metadata.get("error", {}).get("code", e.name): e.metadata.get("error", {}).get("httpStatusCode", 400)
                for e in world.model(service).operation_model(operation).error_shapes}
    for code, sent in refusals:
        report.errors += 1
        client = sent.pop("client", None)
        got = refused(world, service, operation, sent, client)
        if got[0] != code or got[1] != modelled.get(code, got[1]) or not got[2]:
            report.fail(operation, "%s %.300r: got %s %d %r" % (code, sent, *got))
    provoked = {code for code, _ in refusals}
    for code in set(modelled) - provoked:
        if code not in UNREACHABLE and (operation, code) not in UNREACHABLE:
            report.fail(operation, "the model has %s, which is neither provoked nor explained" % code)
    for code in [c for o, c in (k for k in UNREACHABLE if isinstance(k, tuple)) if o == operation]:
        if code not in modelled or code in provoked:
            report.fail(operation, "%s is explained without need" % code)


def check_output(world, service, operation, out, report):
    meta = out["ResponseMetadata"]
    if meta["HTTPStatusCode"] != 200 or not meta.get("RequestId") or meta["HTTPHeaders"].get("x-amzn-requestid") != meta["RequestId"]:
        report.fail(operation, "ResponseMetadata is %r" % meta)
    shape = world.model(service).operation_model(operation).output_shape
    if shape is not None:
        for text in model.faults(shape, out, loose=LOOSE):
            report.fail(operation, text)


def changes(operation):
    return not operation.startswith(("Get", "List", "Simulate"))


def check(world, service, operation, all_supported, report):
    """One operation. The refused calls come first, so that the valid call shows that
    they changed nothing."""
    world.made.clear()
    case = CASES[service, operation](world)
    sent = next(case)
    refusals = [(code, s) for code, make in REFUSALS.get(operation, ()) for s in make(world, sent)]
    world.made.update((m, v) for m, v in sent.items() if m in ("UserName", "RoleName", "GroupName", "PolicyArn"))
    look = all_supported if changes(operation) else ()
    before = world.state(look)
    check_constraints(world, service, operation, sent, report)
    check_refusals(world, service, operation, refusals, report)
    after = world.state(look)
    for what in before:
        if before[what] != after[what]:
            report.fail(operation, "a refused call changed %s: from %.500r to %.500r" % (what, before[what], after[what]))
    if operation in NEVER:
        report.operations += 1
        return
    try:
        while True:
            out = world.call(service, operation, sent)
            check_output(world, service, operation, out, report)
            sent = case.send(out)
    except StopIteration:
        report.operations += 1


def main(only):
    began = time.monotonic()
    world, report = World(), Report()
    have = {s: supported(world, s) for s in ("iam", "sts")}
    for service, operations in have.items():
        cases = {o for s, o in CASES if s == service}
        for operation in sorted(operations - cases):
            report.fail(operation, "the server supports it and no case calls it")
        for operation in sorted(cases - operations):
            report.fail(operation, "there is a case and the server does not support it")
        for operation in sorted(operations & cases):
            if only and operation not in only:
                continue
            try:
                check(world, service, operation, have["iam"], report)
            except Exception:
                report.fail(operation, traceback.format_exc())
    for failure in report.failures:
        print(failure)
    print("%d operations, %d constraints, %d errors; %d failures" % (report.operations, report.constraints, report.errors, len(report.failures)))
    print("%.1f seconds" % (time.monotonic() - began), file=sys.stderr)
    return bool(report.failures)


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
