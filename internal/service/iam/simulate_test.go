package iam_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	api "daypass/api/iam"
	"daypass/internal/fault"
)

const (
	readDomain = "codeartifact:DescribeDomain"
	domainARN  = "arn:aws:codeartifact:us-east-1:111111111111:domain/d"
	strangeARN = "arn:aws:codeartifact:us-east-1:222222222222:domain/d"
)

func policyOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const (
	allowRead  = `{"Effect":"Allow","Action":"codeartifact:*","Resource":"*"}`
	denyDomain = `{"Effect":"Deny","Action":"*","Resource":"` + domainARN + `"}`
	byTeam     = `{"Effect":"Allow","Action":"codeartifact:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"${aws:PrincipalTag/team}"}}}`
)

func number(n int64) *int64 { return &n }

func at(line, column int64) *api.Position { return &api.Position{Line: &line, Column: &column} }

// matched is the first statement of a document of [policyOf], as a reply shows it.
func matched(id, kind, statement string) api.Statement {
	const before = `{"Version":"2012-10-17","Statement":[`
	return api.Statement{SourcePolicyId: id, SourcePolicyType: kind,
		StartPosition: at(1, int64(len(before)+1)), EndPosition: at(1, int64(len(before)+len(statement)+1))}
}

const (
	allowIAM   = `{"Effect":"Allow","Action":"iam:*","Resource":"*"}`
	denyToAll  = `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`
	someTag    = `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}}}`
	onDomain   = `{"Effect":"Allow","Action":"*","Resource":"` + domainARN + `"}`
	aliceAlone = `{"Effect":"Allow","Action":"codeartifact:*","Resource":"*","Condition":{"StringEquals":{"aws:username":"alice"}}}`
)

// one runs a simulation and returns its only result.
func one(t *testing.T, results []api.EvaluationResult) api.EvaluationResult {
	t.Helper()
	if len(results) != 1 {
		t.Fatalf("%d results, want one for the one action", len(results))
	}
	return results[0]
}

func TestSimulateCustomPolicyNamesTheStatementsThatDecide(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	first := matched("PolicyInputList.1", "IAM Policy", allowRead)
	denied := matched("PolicyInputList.2", "IAM Policy", denyDomain)
	bobARN := "arn:aws:iam::" + account + ":user/bob"
	bob := `{"Effect":"Allow","Principal":{"AWS":"` + bobARN + `"},"Action":"*","Resource":"*"}`
	toBob, toBobAt := policyOf(bob), matched("ResourcePolicy", "Resource Policy", bob)
	for _, c := range []struct {
		name string
		in   api.SimulateCustomPolicyInput
		want api.EvaluationResult
	}{
		{"without resources all are meant", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowRead)}},
			api.EvaluationResult{EvalResourceName: "*", EvalDecision: "allowed", MatchedStatements: []api.Statement{first}}},
		{"nothing allows", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowIAM)}},
			api.EvaluationResult{EvalResourceName: "*", EvalDecision: "implicitDeny"}},
		{"a deny is the only statement that matched", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowRead), policyOf(denyDomain)}, ResourceArns: []string{domainARN}},
			api.EvaluationResult{EvalResourceName: domainARN, EvalDecision: "explicitDeny",
				MatchedStatements: []api.Statement{denied},
				ResourceSpecificResults: []api.ResourceSpecificResult{{EvalResourceName: domainARN, EvalResourceDecision: "explicitDeny",
					MatchedStatements: []api.Statement{denied}}}}},
		{"the most restrictive of several resources counts", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(onDomain)}, ResourceArns: []string{domainARN, strangeARN}},
			api.EvaluationResult{EvalDecision: "implicitDeny", ResourceSpecificResults: []api.ResourceSpecificResult{
				{EvalResourceName: domainARN, EvalResourceDecision: "allowed", MatchedStatements: []api.Statement{matched("PolicyInputList.1", "IAM Policy", onDomain)}},
				{EvalResourceName: strangeARN, EvalResourceDecision: "implicitDeny"}}}},
		{"keys that are missing", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(byTeam)}},
			api.EvaluationResult{EvalResourceName: "*", EvalDecision: "implicitDeny", MissingContextValues: []string{"aws:RequestTag/team", "aws:PrincipalTag/team"}}},
		{"keys that are given", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(byTeam)}, ContextEntries: []api.ContextEntry{
			{ContextKeyName: "AWS:RequestTag/Team", ContextKeyType: "string", ContextKeyValues: []string{"core"}},
			{ContextKeyName: "aws:PrincipalTag/team", ContextKeyType: "string", ContextKeyValues: []string{"core"}}}},
			api.EvaluationResult{EvalResourceName: "*", EvalDecision: "allowed", MatchedStatements: []api.Statement{matched("PolicyInputList.1", "IAM Policy", byTeam)}}},
		{"several values of a key", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(someTag)},
			ContextEntries: []api.ContextEntry{{ContextKeyName: "aws:TagKeys", ContextKeyType: "stringList", ContextKeyValues: []string{"b", "a"}}}},
			api.EvaluationResult{EvalResourceName: "*", EvalDecision: "allowed", MatchedStatements: []api.Statement{matched("PolicyInputList.1", "IAM Policy", someTag)}}},
		{"within the boundary", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowRead)}, PermissionsBoundaryPolicyInputList: []string{policyOf(allowRead)}},
			api.EvaluationResult{EvalResourceName: "*", EvalDecision: "allowed", PermissionsBoundaryDecisionDetail: &api.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: &yes},
				MatchedStatements: []api.Statement{first, matched("PermissionsBoundaryPolicyInputList.1", "IAM Policy", allowRead)}}},
		{"outside of the boundary", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowRead)}, PermissionsBoundaryPolicyInputList: []string{policyOf(allowIAM)}},
			api.EvaluationResult{EvalResourceName: "*", EvalDecision: "implicitDeny", PermissionsBoundaryDecisionDetail: &api.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: &no}}},
		{"the resource's policy alone", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowIAM)}, ResourcePolicy: toBob, CallerArn: bobARN, ResourceArns: []string{domainARN}},
			api.EvaluationResult{EvalResourceName: domainARN, EvalDecision: "allowed", MatchedStatements: []api.Statement{toBobAt},
				ResourceSpecificResults: []api.ResourceSpecificResult{{EvalResourceName: domainARN, EvalResourceDecision: "allowed", MatchedStatements: []api.Statement{toBobAt}}}}},
		{"another account's resource: both sides are told apart", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowIAM)}, ResourcePolicy: toBob, CallerArn: bobARN, ResourceArns: []string{strangeARN}},
			api.EvaluationResult{EvalResourceName: strangeARN, EvalDecision: "implicitDeny", EvalDecisionDetails: map[string]string{"IAM Policy": "implicitDeny", "Resource Policy": "allowed"},
				ResourceSpecificResults: []api.ResourceSpecificResult{{EvalResourceName: strangeARN, EvalResourceDecision: "implicitDeny", EvalDecisionDetails: map[string]string{"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}}}}},
		{"whose a resource is can be said", api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowRead)}, ResourcePolicy: policyOf(denyToAll), ResourceOwner: "arn:aws:iam::" + other + ":root"},
			api.EvaluationResult{EvalResourceName: "*", EvalDecision: "explicitDeny", EvalDecisionDetails: map[string]string{"IAM Policy": "allowed", "Resource Policy": "explicitDeny"},
				MatchedStatements: []api.Statement{matched("ResourcePolicy", "Resource Policy", denyToAll)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			c.in.ActionNames = []string{readDomain}
			c.want.EvalActionName = readDomain
			out := ok[api.SimulateCustomPolicyOutput](d, d.admin, "SimulateCustomPolicy", &c.in)
			equal(t, listed(c.want), one(t, out.EvaluationResults))
		})
	}
}

// listed returns a result with its lists set, as in the samples of the API
// reference. They may be empty.
func listed(r api.EvaluationResult) api.EvaluationResult {
	r.MatchedStatements = append([]api.Statement{}, r.MatchedStatements...)
	r.MissingContextValues = append([]string{}, r.MissingContextValues...)
	for i := range r.ResourceSpecificResults {
		one := &r.ResourceSpecificResults[i]
		one.MatchedStatements = append([]api.Statement{}, one.MatchedStatements...)
		one.MissingContextValues = append([]string{}, one.MissingContextValues...)
	}
	return r
}

func TestSimulatePrincipalPolicyTakesWhatThePrincipalHas(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("alice", policyOf(aliceAlone))
	source := "arn:aws:iam::" + account + ":user/alice"
	simulate := func(in api.SimulatePrincipalPolicyInput) api.EvaluationResult {
		t.Helper()
		in.PolicySourceArn, in.ActionNames = source, []string{readDomain}
		return one(t, ok[api.SimulatePrincipalPolicyOutput](d, d.admin, "SimulatePrincipalPolicy", &in).EvaluationResults)
	}
	own := []api.Statement{matched("user_alice_p", "IAM Policy", aliceAlone)}
	equal(t, listed(api.EvaluationResult{EvalActionName: readDomain, EvalResourceName: "*", EvalDecision: "allowed", MatchedStatements: own}), simulate(api.SimulatePrincipalPolicyInput{}))
	// The input's values come before the directory's.
	bob := api.ContextEntry{ContextKeyName: "aws:username", ContextKeyType: "string", ContextKeyValues: []string{"bob"}}
	if got := simulate(api.SimulatePrincipalPolicyInput{ContextEntries: []api.ContextEntry{bob}}).EvalDecision; got != "implicitDeny" {
		t.Errorf("with another user name: %s", got)
	}
	if got := simulate(api.SimulatePrincipalPolicyInput{PolicyInputList: []string{policyOf(denyDomain)}, ResourceArns: []string{domainARN}}).EvalDecision; got != "explicitDeny" {
		t.Errorf("with a further policy: %s", got)
	}

	// The names of managed policies and boundaries are shown.
	managed := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "Readers", Path: "/team/", PolicyDocument: policyOf(allowRead)}).Policy
	ok[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: "carol", PermissionsBoundary: managed.Arn})
	ok[api.AttachUserPolicyOutput](d, d.admin, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: "carol", PolicyArn: managed.Arn})
	source = "arn:aws:iam::" + account + ":user/carol"
	within := true
	readers := matched("Readers", "IAM Policy", allowRead)
	want := api.EvaluationResult{EvalActionName: readDomain, EvalResourceName: "*", EvalDecision: "allowed", MatchedStatements: []api.Statement{readers},
		PermissionsBoundaryDecisionDetail: &api.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: &within}}
	equal(t, listed(want), simulate(api.SimulatePrincipalPolicyInput{}))
	tight := simulate(api.SimulatePrincipalPolicyInput{PermissionsBoundaryPolicyInputList: []string{policyOf(allowIAM)}})
	if tight.EvalDecision != "implicitDeny" {
		t.Errorf("within another boundary: %+v", tight)
	}

	// A role has no session here, so keys about sessions have no value.
	d.role("builder")
	ok[api.PutRolePolicyOutput](d, d.admin, "PutRolePolicy", &api.PutRolePolicyInput{RoleName: "builder", PolicyName: "p",
		PolicyDocument: policyOf(`{"Effect":"Allow","Action":"codeartifact:*","Resource":"*","Condition":{"StringLike":{"aws:userid":"*","aws:PrincipalArn":"*"}}}`)})
	source = "arn:aws:iam::" + account + ":role/builder"
	got := simulate(api.SimulatePrincipalPolicyInput{})
	if got.EvalDecision != "implicitDeny" || !cmp.Equal(got.MissingContextValues, []string{"aws:userid"}) {
		t.Errorf("role: %+v", got)
	}
	keys := ok[api.GetContextKeysForPrincipalPolicyOutput](d, d.admin, "GetContextKeysForPrincipalPolicy", &api.GetContextKeysForPrincipalPolicyInput{
		PolicySourceArn: source, PolicyInputList: []string{policyOf(byTeam)}})
	equal(t, []string{"aws:PrincipalArn", "aws:PrincipalTag/team", "aws:RequestTag/team", "aws:userid"}, keys.ContextKeyNames)
	custom := ok[api.GetContextKeysForCustomPolicyOutput](d, d.admin, "GetContextKeysForCustomPolicy", &api.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{policyOf(byTeam)}})
	equal(t, []string{"aws:PrincipalTag/team", "aws:RequestTag/team"}, custom.ContextKeyNames)
}

// Source: IAM API reference, SimulatePrincipalPolicy: the policies of a user's
// groups are part of the simulation.
func TestASimulationTakesWhatAGroupHas(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("alice", "")
	d.group("readers", "alice")
	ok[api.PutGroupPolicyOutput](d, d.admin, "PutGroupPolicy", &api.PutGroupPolicyInput{GroupName: "readers", PolicyName: "p", PolicyDocument: policyOf(allowRead)})
	managed := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "Closed", PolicyDocument: policyOf(denyDomain)}).Policy
	ok[api.AttachGroupPolicyOutput](d, d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "readers", PolicyArn: managed.Arn})
	group := "arn:aws:iam::" + account + ":group/readers"
	read, closed := matched("group_readers_p", "IAM Policy", allowRead), matched("Closed", "IAM Policy", denyDomain)
	for _, source := range []string{group, "arn:aws:iam::" + account + ":user/alice"} {
		in := &api.SimulatePrincipalPolicyInput{PolicySourceArn: source, ActionNames: []string{readDomain}}
		got := one(t, ok[api.SimulatePrincipalPolicyOutput](d, d.admin, "SimulatePrincipalPolicy", in).EvaluationResults)
		equal(t, listed(api.EvaluationResult{EvalActionName: readDomain, EvalResourceName: "*", EvalDecision: "allowed", MatchedStatements: []api.Statement{read}}), got)
		in.ResourceArns = []string{domainARN}
		got = one(t, ok[api.SimulatePrincipalPolicyOutput](d, d.admin, "SimulatePrincipalPolicy", in).EvaluationResults)
		equal(t, []api.Statement{closed}, got.MatchedStatements)
	}

	// A group is no principal: keys about users have no value.
	ok[api.PutGroupPolicyOutput](d, d.admin, "PutGroupPolicy", &api.PutGroupPolicyInput{GroupName: "readers", PolicyName: "p", PolicyDocument: policyOf(aliceAlone)})
	in := &api.SimulatePrincipalPolicyInput{PolicySourceArn: group, ActionNames: []string{readDomain}}
	got := one(t, ok[api.SimulatePrincipalPolicyOutput](d, d.admin, "SimulatePrincipalPolicy", in).EvaluationResults)
	equal(t, []any{"implicitDeny", []string{"aws:username"}}, []any{got.EvalDecision, got.MissingContextValues})
	in.CallerArn = "arn:aws:iam::" + account + ":user/alice"
	got = one(t, ok[api.SimulatePrincipalPolicyOutput](d, d.admin, "SimulatePrincipalPolicy", in).EvaluationResults)
	equal(t, "allowed", got.EvalDecision)
	in.CallerArn, in.ResourcePolicy = "", policyOf(denyToAll)
	refuses(t, d.try(d.admin, "SimulatePrincipalPolicy", in), "InvalidInput", "CallerArn is required with ResourcePolicy, as "+group+" is not a user")
	in.PolicySourceArn = group + "s"
	refuses(t, d.try(d.admin, "SimulatePrincipalPolicy", in), "NoSuchEntity", "The principal "+group+"s does not exist.")

	keys := ok[api.GetContextKeysForPrincipalPolicyOutput](d, d.admin, "GetContextKeysForPrincipalPolicy", &api.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: group})
	equal(t, []string{"aws:username"}, keys.ContextKeyNames)
}

func TestASimulationsResultsComeInPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := &api.SimulateCustomPolicyInput{PolicyInputList: []string{policyOf(allowRead)}, ActionNames: []string{"a:A", "a:B", "a:C"}, MaxItems: number(2)}
	out := ok[api.SimulateCustomPolicyOutput](d, d.admin, "SimulateCustomPolicy", in)
	if len(out.EvaluationResults) != 2 || !*out.IsTruncated {
		t.Fatalf("first page: %+v", out)
	}
	in.Marker = out.Marker
	out = ok[api.SimulateCustomPolicyOutput](d, d.admin, "SimulateCustomPolicy", in)
	if len(out.EvaluationResults) != 1 || out.EvaluationResults[0].EvalActionName != "a:C" || *out.IsTruncated {
		t.Errorf("second page: %+v", out)
	}
	// With many resources a page has fewer actions.
	in.Marker, in.MaxItems, in.ResourceArns = "", nil, nil
	for range 600 {
		in.ResourceArns = append(in.ResourceArns, domainARN)
	}
	out = ok[api.SimulateCustomPolicyOutput](d, d.admin, "SimulateCustomPolicy", in)
	if len(out.EvaluationResults) != 1 || len(out.EvaluationResults[0].ResourceSpecificResults) != 600 || !*out.IsTruncated {
		t.Errorf("with 600 resources: %d results", len(out.EvaluationResults))
	}
	in.Marker = "bm9uZQ"
	_, err := do[api.SimulateCustomPolicyOutput](d, d.admin, "SimulateCustomPolicy", in)
	refuses(t, err, "ValidationError", "Invalid Marker.")
}

func TestSimulateCustomPolicyRefusesInvalidInput(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	roleARN := d.role("builder").Arn
	list := []string{policyOf(allowRead)}
	for name, c := range map[string]struct {
		change func(*api.SimulateCustomPolicyInput)
		text   string
	}{
		"a broken policy": {func(in *api.SimulateCustomPolicyInput) { in.PolicyInputList = []string{policyOf(allowRead), "{"} },
			"PolicyInputList.2: not valid JSON at line 1, column 1: unexpected end of JSON input"},
		"a broken boundary": {func(in *api.SimulateCustomPolicyInput) { in.PermissionsBoundaryPolicyInputList = []string{"[]"} },
			"PermissionsBoundaryPolicyInputList.1: the document is an array: expected an object"},
		"two boundaries": {func(in *api.SimulateCustomPolicyInput) { in.PermissionsBoundaryPolicyInputList = []string{"{}", "{}"} },
			"PermissionsBoundaryPolicyInputList: expected one policy, not 2"},
		"a resource policy without a principal": {func(in *api.SimulateCustomPolicyInput) { in.ResourcePolicy = policyOf(allowRead) },
			"ResourcePolicy: Statement 1: Principal is missing: expected whom the statement is about"},
		"a resource policy of a role": {func(in *api.SimulateCustomPolicyInput) {
			in.ResourcePolicy, in.ResourceArns = policyOf(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`), []string{roleARN}
		}, "ResourcePolicy: simulation of resource-based policies is not supported for IAM roles"},
		"an action with a wildcard": {func(in *api.SimulateCustomPolicyInput) { in.ActionNames = []string{"iam:*"} },
			`ActionNames: "iam:*" is not an action: expected service:Name without wildcards`},
		"a resource that is no ARN": {func(in *api.SimulateCustomPolicyInput) { in.ResourceArns = []string{"d"} },
			`ResourceArns: "d" is not an ARN: expected arn:partition:service:region:account:resource`},
		"too many resources": {func(in *api.SimulateCustomPolicyInput) { in.ResourceArns = make([]string, 1001) }, "ResourceArns: expected at most 1000, got 1001"},
		"a caller that is a role": {func(in *api.SimulateCustomPolicyInput) { in.CallerArn = roleARN },
			"Invalid Entity Arn: " + roleARN + " does not clearly define entity type and name."},
		"an owner that is no account": {func(in *api.SimulateCustomPolicyInput) { in.ResourceOwner = other },
			`ResourceOwner: "222222222222" is not the ARN of an account: expected arn:aws:iam::111122223333:root`},
		"a key without a name": {func(in *api.SimulateCustomPolicyInput) { in.ContextEntries = []api.ContextEntry{{}} },
			"ContextEntries: ContextKeyName is missing"},
		"a key that is given twice": {func(in *api.SimulateCustomPolicyInput) {
			in.ContextEntries = []api.ContextEntry{{ContextKeyName: "aws:a", ContextKeyValues: []string{"x"}}, {ContextKeyName: "AWS:A"}}
		}, "ContextEntries: AWS:A is given twice"},
		"several values of a single key": {func(in *api.SimulateCustomPolicyInput) {
			in.ContextEntries = []api.ContextEntry{{ContextKeyName: "aws:a", ContextKeyType: "string", ContextKeyValues: []string{"x", "y"}}}
		}, "ContextEntries: aws:a has 2 values: expected one, or a ContextKeyType that ends in List"},
	} {
		in := &api.SimulateCustomPolicyInput{PolicyInputList: list, ActionNames: []string{readDomain}}
		c.change(in)
		_, err := do[api.SimulateCustomPolicyOutput](d, d.admin, "SimulateCustomPolicy", in)
		t.Log(name)
		refuses(t, err, "InvalidInput", c.text)
	}
	resourcePolicy := policyOf(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)
	for source, want := range map[string]struct {
		kind fault.Kind
		text string
	}{
		"arn:aws:sts::111111111111:assumed-role/builder/x": {fault.InvalidInput, "does not clearly define entity type and name."},
		"arn:aws:iam::111111111111:user/ghost":             {fault.NotFound, "does not exist"},
		"arn:aws:iam::222222222222:user/admin":             {fault.NotFound, "does not exist"},
		roleARN:                                            {fault.InvalidInput, "CallerArn is required with ResourcePolicy"},
	} {
		_, err := do[api.SimulatePrincipalPolicyOutput](d, d.admin, "SimulatePrincipalPolicy", &api.SimulatePrincipalPolicyInput{
			PolicySourceArn: source, ActionNames: []string{readDomain}, ResourcePolicy: resourcePolicy})
		if !fault.Is(err, want.kind) || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v, want %s", source, err, want.text)
		}
	}
}

func TestSimulatingNeedsPermissionOnThePrincipal(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	self := "arn:aws:iam::" + account + ":user/alice"
	alice := d.user("alice", policyOf(`{"Effect":"Allow","Action":["iam:SimulatePrincipalPolicy","iam:GetContextKeysForPrincipalPolicy"],"Resource":"`+self+`"}`))
	d.user("bob", "")
	in := &api.SimulatePrincipalPolicyInput{PolicySourceArn: self, ActionNames: []string{readDomain}}
	ok[api.SimulatePrincipalPolicyOutput](d, alice, "SimulatePrincipalPolicy", in)
	in.PolicySourceArn = "arn:aws:iam::" + account + ":user/bob"
	_, err := do[api.SimulatePrincipalPolicyOutput](d, alice, "SimulatePrincipalPolicy", in)
	if !fault.Is(err, fault.AccessDenied) {
		t.Errorf("another's policies: %v", err)
	}
	_, err = do[api.SimulateCustomPolicyOutput](d, alice, "SimulateCustomPolicy", &api.SimulateCustomPolicyInput{ActionNames: []string{readDomain}})
	if !fault.Is(err, fault.AccessDenied) {
		t.Errorf("custom policies: %v", err)
	}
	_, err = do[api.GetContextKeysForCustomPolicyOutput](d, d.admin, "GetContextKeysForCustomPolicy", &api.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{"{"}})
	if !fault.Is(err, fault.InvalidInput) {
		t.Errorf("keys of a broken policy: %v", err)
	}
}

func TestAMalformedPolicyGetsIAMsSentenceAloneAndAHint(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("alice", "")
	for document, want := range map[string]struct{ message, hint string }{
		"{":                 {"Syntax errors in policy.", "not valid JSON at line 1, column 1: unexpected end of JSON input"},
		policyOf(denyToAll): {"Policy document should not specify a principal.", "Statement 1: Principal is not allowed in an identity-based policy"},
		policyOf(`{"Effect":"Allow","Action":"GetUser","Resource":"*"}`): {
			"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", `Statement 1, Action: "GetUser" names no service: expected service:Action or *`},
		policyOf(`{"Effect":"Deny","Action":" iam:ListAccessKeys","Resource":"*"}`): {
			"Vendor  iam is not valid", `Statement 1, Action: " iam:ListAccessKeys" has no service's name before the colon: expected letters, digits, dots and hyphens`},
	} {
		_, err := do[api.PutUserPolicyOutput](d, d.admin, "PutUserPolicy", &api.PutUserPolicyInput{UserName: "alice", PolicyName: "p", PolicyDocument: document})
		refuses(t, err, "MalformedPolicyDocument", want.message)
		equal(t, want.hint, fault.From(err).Hint)
	}
	_, err := do[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{RoleName: "r",
		AssumeRolePolicyDocument: policyOf(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}`)})
	refuses(t, err, "MalformedPolicyDocument", "Has prohibited field Resource")
	_, err = do[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{RoleName: "r",
		AssumeRolePolicyDocument: policyOf(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/ghost"},"Action":"sts:AssumeRole"}`)})
	refuses(t, err, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:user/ghost"`)
}

// The sum of a call's documents is bounded before they are compiled: 101 documents
// of wildcards alone would take more memory than the server has.
func TestPoliciesThatAreTriedAreBoundedTogether(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	documents := make([]string, 101)
	for i := range documents {
		documents[i] = policyOf(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"a:b":"` + strings.Repeat("a*", 5_000) + `"}}}`)
	}
	const text = "PolicyInputList.26: with it the policies of the call have more than 262144 bytes: name fewer in one call"
	for name, in := range map[string]any{
		"GetContextKeysForCustomPolicy":    &api.GetContextKeysForCustomPolicyInput{PolicyInputList: documents},
		"GetContextKeysForPrincipalPolicy": &api.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: "arn:aws:iam::" + account + ":user/u", PolicyInputList: documents},
		"SimulateCustomPolicy":             &api.SimulateCustomPolicyInput{PolicyInputList: documents, ActionNames: []string{"iam:GetUser"}},
		"SimulatePrincipalPolicy":          &api.SimulatePrincipalPolicyInput{PolicySourceArn: "arn:aws:iam::" + account + ":user/u", PolicyInputList: documents, ActionNames: []string{"iam:GetUser"}},
	} {
		refuses(t, d.try(d.admin, name, in), "InvalidInput", text)
	}
	out := ok[api.GetContextKeysForCustomPolicyOutput](d, d.admin, "GetContextKeysForCustomPolicy", &api.GetContextKeysForCustomPolicyInput{PolicyInputList: documents[:25]})
	equal(t, []string{"a:b"}, out.ContextKeyNames)
}
