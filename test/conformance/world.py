"""The account that the calls are made in, and the resources that they need."""

import json

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "codeartifact:*", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]})

# The members that name the resource of a call, and the world's resources that
# they can name.
SUBJECTS = ("UserName", "RoleName", "GroupName", "PolicyArn", "SerialNumber", "OpenIDConnectProviderArn")

# What is left of an account shows in lists and in what the things themselves
# say. These change with time, or make something.
VOLATILE = ("GetSessionToken", "GetFederationToken", "GetCredentialReport", "GetAccountAuthorizationDetails", "GetAccessKeyLastUsed", "GetAccessKeyInfo")


class World:
    def __init__(self):
        self.config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        self.clients = {s: boto3.client(s, config=self.config) for s in ("iam", "sts")}
        self.iam, self.sts = self.clients["iam"], self.clients["sts"]
        self.account = self.sts.get_caller_identity()["Account"]
        self.count = 0
        self.made = set()

    def model(self, service):
        return self.clients[service].meta.service_model

    def call(self, service, operation, sent, client=None):
        """Makes a call. The operation is named as in the model."""
        client = client or self.clients[service]
        return client._make_api_call(operation, sent)

    def client(self, service, pair):
        """A client of the same server with other credentials."""
        return boto3.client(service, config=self.config, aws_access_key_id=pair["AccessKeyId"],
                            aws_secret_access_key=pair["SecretAccessKey"], aws_session_token=pair.get("SessionToken"))

    def other_account(self):
        """The keys of the administrator of a new account, made as "daypass account" does."""
        session = boto3.Session()
        request = AWSRequest("POST", self.iam.meta.endpoint_url + "/daypass/v1/account", data=b"{}", headers={"Content-Type": "application/json"})
        SigV4Auth(session.get_credentials(), "daypass", session.region_name).add_auth(request)
        answer = URLLib3Session().send(request.prepare())
        assert answer.status_code == 200, answer.text
        made = json.loads(answer.text)
        return {"AccessKeyId": made["accessKeyId"], "SecretAccessKey": made["secretAccessKey"]}

    def name(self, kind="thing"):
        self.count += 1
        return "%s-%d" % (kind, self.count)

    def note(self, member, value):
        """Remembers a resource, so that its later state is checked."""
        self.made.add((member, value))
        return value

    def arn(self, kind, name="absent"):
        return "arn:aws:iam::%s:%s/%s" % (self.account, kind, name)

    def user(self, **more):
        name = self.note("UserName", self.name("user"))
        self.iam.create_user(UserName=name, **more)
        return name

    def key(self, user):
        return self.iam.create_access_key(UserName=user)["AccessKey"]

    def role(self, **more):
        name = self.note("RoleName", self.name("role"))
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
        return name

    def group(self, **more):
        name = self.note("GroupName", self.name("group"))
        self.iam.create_group(GroupName=name, **more)
        return name

    def iam_call(self, operation, **sent):
        return self.call("iam", operation, sent)

    def with_inline(self, kind, *names, document=READ):
        """A user, role or group with inline policies."""
        thing = maker(kind)(self)
        for name in names or ("read",):
            self.iam_call("Put%sPolicy" % kind, **{kind + "Name": thing, "PolicyName": name, "PolicyDocument": document})
        return thing

    def attach(self, kind, thing, **more):
        """Attaches a new policy and returns its ARN."""
        arn = self.policy(**more)
        self.iam_call("Attach%sPolicy" % kind, **{kind + "Name": thing, "PolicyArn": arn})
        return arn

    def foreign_policy(self):
        """The ARN of a policy that another account could have."""
        return "arn:aws:iam::999999999999:policy/" + self.policy().rpartition("/")[2]

    def policy(self, **more):
        return self.note("PolicyArn", self.iam.create_policy(PolicyName=self.name("policy"), PolicyDocument=READ, **more)["Policy"]["Arn"])

    def state(self, supported):
        """Everything that the account shows of itself and of the remembered resources."""
        found = {}
        for operation in sorted(supported):
            if not operation.startswith(("List", "Get")) or operation in VOLATILE:
                continue
            shape = self.model("iam").operation_model(operation).input_shape
            required = set(shape.required_members) if shape else set()
            members = set(shape.members) if shape else set()
            if not required:
                found[operation] = self.told(operation, {"MaxItems": 1000} if "MaxItems" in members else {})
            for member, value in sorted(self.made):
                if member in members and required <= {member}:
                    found[operation, value] = self.told(operation, {member: value})
        return found

    def told(self, operation, sent):
        try:
            out = self.call("iam", operation, sent)
        except ClientError as e:
            return e.response["Error"]["Code"]
        del out["ResponseMetadata"]
        out.get("Role", {}).pop("RoleLastUsed", None)
        return out


def maker(kind):
    """The function of the world that makes a user, role or group."""
    return getattr(World, kind.lower())
