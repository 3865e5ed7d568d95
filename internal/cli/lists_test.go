package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/exit"
)

// sentPolicy is a policy as IAM sends it. Its members are not in alphabetical order.
const sentPolicy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22%2A%22%7D%2C%22Condition%22%3A%7B%22Bool%22%3A%7B%22aws%3AMultiFactorAuthPresent%22%3Atrue%7D%7D%7D%5D%7D"

func sentRole(name string) string {
	policy := sentPolicy
	switch name {
	case "plain":
		policy = `{"b": "100%", "a": [1, 2.50, null]}`
	case "odd":
		policy = "%7Bnot json"
	case "plus":
		policy = "%7B%22a%22%3A%22x+y%20%c3%a9%22%7D"
	}
	return "<Role><Path>/</Path><RoleName>" + name + "</RoleName><AssumeRolePolicyDocument>" + strings.ReplaceAll(policy, "&", "&amp;") + "</AssumeRolePolicyDocument></Role>"
}

// members returns the entries from from up to, but not including, to.
func members(from, to int, entry func(i int) string) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(entry(i))
	}
	return b.String()
}

// iamList returns the response of an IAM operation that lists five entries in pages of
// two.
func iamList(action string, form url.Values, body func(from, to int) string) string {
	const total = 5
	from, _ := strconv.Atoi(form.Get("Marker"))
	size, err := strconv.Atoi(form.Get("MaxItems"))
	if err != nil {
		size = 2
	}
	to := min(from+size, total)
	end := "<IsTruncated>false</IsTruncated>"
	if to < total {
		end = fmt.Sprintf("<IsTruncated>true</IsTruncated><Marker>%d</Marker>", to)
	}
	return iamAnswer(action, body(from, to)+end)
}

func iamAnswer(action, result string) string {
	return fmt.Sprintf("<%[1]sResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></%[1]sResponse>", action, result)
}

func groupEntry(i int) string {
	return fmt.Sprintf("<member><Path>/</Path><GroupName>g%[1]d</GroupName><GroupId>AGPA%[1]d</GroupId><Arn>arn:g%[1]d</Arn><CreateDate>2026-01-0%[1]dT00:00:00Z</CreateDate></member>", i+1)
}

func userEntry(i int) string {
	return fmt.Sprintf("<member><UserName>u%[1]d</UserName><UserPolicyList><member><PolicyName>p</PolicyName><PolicyDocument>%[2]s</PolicyDocument></member></UserPolicyList></member>", i, sentPolicy)
}

func iamError(status int, code string) (int, string) {
	return status, "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>" + code + "</Code><Message>No, says IAM.</Message></Error><RequestId>1</RequestId></ErrorResponse>"
}

// listReply returns the responses with pages or policies. The text is empty for any
// other request.
func listReply(r *http.Request, body string) (status int, text string) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return 0, ""
	}
	action, name := form.Get("Action"), form.Get("RoleName")
	switch action {
	case "ListGroups":
		switch form.Get("PathPrefix") {
		case "/circle/":
			return 200, iamAnswer(action, "<Groups>"+groupEntry(0)+"</Groups><IsTruncated>true</IsTruncated><Marker>same</Marker>")
		case "/broken/":
			if form.Get("Marker") != "" {
				return iamError(400, "ServiceFailure")
			}
		case "/none/":
			return 200, iamAnswer(action, "<Groups/><IsTruncated>false</IsTruncated>")
		}
		return 200, iamList(action, form, func(from, to int) string { return "<Groups>" + members(from, to, groupEntry) + "</Groups>" })
	case "GetGroup":
		return 200, iamList(action, form, func(from, to int) string {
			return "<Group><GroupName>g</GroupName></Group><Users>" + members(from, to, func(i int) string { return fmt.Sprintf("<member><UserName>u%d</UserName></member>", i) }) + "</Users>"
		})
	case "GetAccountAuthorizationDetails":
		return 200, iamList(action, form, func(from, to int) string {
			return "<UserDetailList>" + members(from, to, userEntry) + "</UserDetailList><RoleDetailList>" + members(from, from+1, func(int) string {
				return strings.Replace(strings.Replace(sentRole("r"), "<Role>", "<member>", 1), "</Role>", "</member>", 1)
			}) +
				"</RoleDetailList><Policies><member><PolicyName>p</PolicyName><PolicyVersionList><member><Document>" + sentPolicy + "</Document><VersionId>v1</VersionId></member></PolicyVersionList></member></Policies>"
		})
	case "GetRole", "CreateRole":
		switch name {
		case "nobody":
			return iamError(404, "NoSuchEntity")
		case "forbidden":
			return iamError(403, "AccessDenied")
		}
		return 200, iamAnswer(action, sentRole(name))
	case "GetPolicyVersion":
		return 200, iamAnswer(action, "<PolicyVersion><Document>"+sentPolicy+"</Document><VersionId>v1</VersionId></PolicyVersion>")
	case "GetUserPolicy":
		return 200, iamAnswer(action, "<UserName>u</UserName><PolicyName>p</PolicyName><PolicyDocument>"+sentPolicy+"</PolicyDocument>")
	case "GetInstanceProfile":
		return iamError(404, "Unknown")
	}
	query := r.URL.Query()
	from, _ := strconv.Atoi(query.Get("next-token"))
	size, err := strconv.Atoi(query.Get("max-results"))
	if err != nil {
		size = 2
	}
	to := min(from+size, 5)
	next := ""
	if to < 5 {
		next = fmt.Sprintf(`,"nextToken":"%d"`, to)
	}
	switch r.URL.Path {
	case "/v1/repositories":
		return 200, `{"repositories":[` + strings.TrimSuffix(members(from, to, func(i int) string { return fmt.Sprintf(`{"name":"r%d"},`, i) }), ",") + "]" + next + "}"
	case "/v1/package/versions":
		return 200, `{"defaultDisplayVersion":"1.` + strconv.Itoa(from) + `","format":"npm","package":"p","versions":[` + strings.TrimSuffix(members(from, to, func(i int) string { return fmt.Sprintf(`{"version":"1.%d"},`, i) }), ",") + "]" + next + "}"
	}
	return 0, ""
}

const (
	groups       = "iam list-groups --endpoint-url URL "
	repositories = "codeartifact list-repositories --endpoint-url URL "
	versions     = "codeartifact list-package-versions --endpoint-url URL --domain dd --repository rr --format npm --package p "
	details      = "iam get-account-authorization-details --endpoint-url URL "
)

var listComparisons = []comparison{
	// Whole lists.
	{args: groups},
	{args: groups + "--output text"},
	{args: groups + "--output table"},
	{args: groups + "--output yaml"},
	{args: groups + "--output yaml-stream"},
	{args: groups + "--query Groups[].GroupName"},
	{args: groups + "--query Groups[].GroupName --output text"},
	{args: groups + "--query length(Groups)"},
	{args: groups + "--query length(Groups) --output text"},
	{args: groups + "--query [IsTruncated,Marker,NextToken]"},
	{args: groups + "--query IsTruncated --output yaml-stream"},
	{args: groups + "--path-prefix /none/"},
	{args: groups + "--path-prefix /none/ --output text"},
	{args: groups + "--path-prefix /circle/"},
	{args: groups + "--path-prefix /circle/ --output text"},
	{args: groups + "--path-prefix /broken/"},
	{args: groups + "--path-prefix /broken/ --output text"},
	{args: repositories},
	{args: repositories + "--output text"},
	{args: versions},
	{args: versions + "--output text"},
	{args: versions + "--output yaml"},
	{args: versions + "--page-size 10 --query @"},
	{args: "iam get-group --endpoint-url URL --group-name g"},
	{args: "iam get-group --endpoint-url URL --group-name g --output text"},
	{args: details},
	{args: details + "--output text"},
	{args: details + "--query [length(UserDetailList),length(RoleDetailList),length(Policies)]"},
	// Parts of lists.
	{args: groups + "--max-items 3"},
	{args: groups + "--max-items 3 --output text"},
	{args: groups + "--max-items 3 --output text --query Groups[].GroupName"},
	{args: groups + "--max-items 3 --output yaml"},
	{args: groups + "--max-items 3 --output yaml-stream"},
	{args: groups + "--max-items 3 --output table"},
	{args: groups + "--max-items 3 --query NextToken"},
	{args: groups + "--max-items 1"},
	{args: groups + "--max-items 2"},
	{args: groups + "--max-items 4"},
	{args: groups + "--max-items 5"},
	{args: groups + "--max-items 6"},
	{args: groups + "--max-items 0"},
	{args: groups + "--max-items 99999999999999999999"},
	{args: groups + "--max-items +0_3"},
	{args: groups + "--max-items x"},
	{args: groups + "--max-items"},
	{args: groups + "--page-size 3"},
	{args: groups + "--page-size 1 --max-items 2"},
	{args: groups + "--page-size 0"},
	{args: groups + "--page-size x"},
	{args: groups + "--starting-token eyJNYXJrZXIiOiAiMiIsICJib3RvX3RydW5jYXRlX2Ftb3VudCI6IDF9"},
	{args: groups + "--starting-token eyJNYXJrZXIiOiAiMiIsICJib3RvX3RydW5jYXRlX2Ftb3VudCI6IDF9 --max-items 1"},
	{args: groups + "--starting-token eyJNYXJrZXIiOiAiMiIsICJib3RvX3RydW5jYXRlX2Ftb3VudCI6IDF9 --page-size 3 --output text"},
	{args: groups + "--starting-token eyJNYXJrZXIiOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxfQ=="},
	{args: groups + "--starting-token eyJNYXJrZXIiOiAiNCJ9"},
	{args: groups + "--starting-token eyJmb28iOiAxfQ=="},
	{args: groups + "--starting-token 3"},
	{args: groups + "--starting-token 2___1"},
	{args: groups + "--starting-token 2___x"},
	{args: groups + "--starting-token None___1"},
	{args: groups + "--starting-token a___b___c"},
	{args: repositories + "--max-items 3"},
	{args: repositories + "--starting-token eyJuZXh0VG9rZW4iOiAiMiIsICJib3RvX3RydW5jYXRlX2Ftb3VudCI6IDF9 --max-items 1"},
	{args: details + "--max-items 1 --query [length(UserDetailList),length(RoleDetailList),length(Policies),NextToken]"},
	{args: details + "--starting-token eyJNYXJrZXIiOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxfQ== --query [length(UserDetailList),length(RoleDetailList),length(Policies),NextToken]"},
	// Paging by hand.
	{args: groups + "--no-paginate"},
	{args: groups + "--no-paginate --output text"},
	{args: groups + "--no-paginate --max-items 1"},
	{args: groups + "--no-paginate --page-size 1"},
	{args: groups + "--no-paginate --starting-token x --page-size 1 --max-items 1"},
	{args: groups + "--marker 3"},
	{args: groups + "--marker 3 --max-items 1"},
	{args: groups + "--marker 3 --page-size 1"},
	{args: groups + `--cli-input-json {"Marker":"3"}`},
	{args: groups + `--cli-input-json {"MaxItems":1}`},
	{args: groups + `--cli-input-json {"PathPrefix":"/none/"}`},
	{args: repositories + "--no-paginate"},
	{args: repositories + "--no-paginate --max-items 1"},
	{args: repositories + "--max-results 1"},
	{args: repositories + "--next-token 4"},
	{args: repositories + "--next-token 4 --max-items 1"},
	{args: repositories + "--generate-cli-skeleton"},
	{args: versions + "--generate-cli-skeleton output"},
	// Policies in results.
	{args: "iam get-role --endpoint-url URL --role-name r"},
	{args: "iam get-role --endpoint-url URL --role-name r --output yaml"},
	{args: "iam get-role --endpoint-url URL --role-name r --output text"},
	{args: "iam get-role --endpoint-url URL --role-name r --output table"},
	{args: "iam get-role --endpoint-url URL --role-name r --query Role.AssumeRolePolicyDocument.Statement[0].Action --output text"},
	{args: "iam get-role --endpoint-url URL --role-name plain"},
	{args: "iam get-role --endpoint-url URL --role-name odd"},
	{args: "iam get-role --endpoint-url URL --role-name plus"},
	{args: "iam create-role --endpoint-url URL --role-name r --assume-role-policy-document {}"},
	{args: "iam get-policy-version --endpoint-url URL --policy-arn arn:aws:iam::aws:policy/p --version-id v1"},
	{args: "iam get-user-policy --endpoint-url URL --user-name u --policy-name p"},
	// Waiters.
	{args: "iam wait role-exists --endpoint-url URL --role-name r"},
	{args: "iam wait role-exists --endpoint-url URL --role-name forbidden"},
	{args: "iam wait user-exists --generate-cli-skeleton"},
	{args: `iam wait role-exists --endpoint-url URL --cli-input-json {"RoleName":"r"}`},
	{args: "iam wait role-exists --endpoint-url URL"},
	{args: "iam wait role-exists --endpoint-url URL --role-name r", env: "-"},
	{args: "iam wait role-exists --endpoint-url http://127.0.0.1:1 --role-name r"},
	// YAML documents.
	{args: getToken + "--endpoint-url URL --cli-input-yaml file://HOME/two.yaml", files: map[string]string{"two.yaml": "domain: acme\n---\ndomain: other\n"}},
	{args: "codeartifact create-repository --endpoint-url URL --cli-input-yaml file://HOME/alias.yaml", files: map[string]string{"alias.yaml": "domain: acme\nrepository: &r one\ndescription: *r\n"}},
}

// runWaiter runs a command whose pauses take no time, and returns the pauses.
func runWaiter(t *testing.T, args string) (code int, stderr string, pauses []time.Duration) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		status, text := listReply(r, r.Form.Encode())
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	defer server.Close()
	var out, err strings.Builder
	app := &App{
		Args: append([]string{"--endpoint-url", server.URL, "--no-sign-request", "--region", "us-east-1"}, strings.Fields(args)...), Stdout: &out, Stderr: &err,
		Now:   func() time.Time { return time.Date(2026, 9, 21, 12, 0, 0, 0, time.UTC) },
		Sleep: func(_ context.Context, d time.Duration) { pauses = append(pauses, d) },
	}
	code = app.Main(t.Context())
	if out.String() != "" {
		t.Errorf("%s prints %s", args, out.String())
	}
	return code, err.String(), pauses
}

// The messages are those of the AWS CLI 2.9.19, which takes 20 and 40 seconds.
func TestWaiterGivesUpAfterItsAttempts(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct {
		tries int
		text  string
	}{
		"iam wait role-exists --role-name nobody":                    {20, "Waiter RoleExists failed: Max attempts exceeded. Previously accepted state: Matched expected service error code: NoSuchEntity"},
		"iam wait instance-profile-exists --instance-profile-name x": {40, "Waiter InstanceProfileExists failed: Max attempts exceeded. Previously accepted state: Matched expected HTTP status code: 404"},
	} {
		code, stderr, pauses := runWaiter(t, args)
		if code != exit.General || stderr != "\n"+want.text+"\n" || len(pauses) != want.tries-1 {
			t.Errorf("%s: exit %d after %d pauses: %s", args, code, len(pauses), stderr)
		}
		for _, d := range pauses {
			if d != time.Second {
				t.Errorf("%s: a pause of %v, want a second", args, d)
			}
		}
	}
}

func TestWaitersAreNamedAndExplained(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"iam wait help":             "usage: daypass [options] iam wait role-exists [parameters]\n",
		"iam wait role-exists help": "Calls get-role every 1s, 20 times at most, until the status is 200.",
		"iam help":                  "  wait                      wait until something exists\n",
		"iam list-groups help":      "--starting-token VALUE (string)",
	} {
		code, stdout, stderr := inProcess(t, "", strings.Fields(args)...)
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit %d, %s%s", args, code, stdout, stderr)
		}
	}
	code, _, stderr := inProcess(t, "", "iam", "wait", "role-exist")
	if code != exit.Usage || !strings.Contains(stderr, "daypass: error: unknown iam waiter \"role-exist\"\ndaypass: hint: did you mean role-exists?\n") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// The AWS CLI loses entries here: of the page that a token points to it prints only
// the first list, even if nothing of the page was printed before.
func TestAStartingTokenLosesNoEntries(t *testing.T) {
	t.Parallel()
	s := newFixture(t, nil)
	count := details + "--page-size 2 --query [length(UserDetailList),length(RoleDetailList),length(Policies),NextToken] --output json "
	first := daypass(t, s, "", count+"--max-items 2")
	const token = "eyJNYXJrZXIiOiAiMiJ9"
	if diff := cmp.Diff("[\n    2,\n    1,\n    1,\n    \""+token+"\"\n]\n", first.Stdout); diff != "" {
		t.Error(diff)
	}
	rest := daypass(t, s, "", count+"--starting-token "+token)
	if diff := cmp.Diff("[\n    3,\n    2,\n    2,\n    null\n]\n", rest.Stdout); diff != "" {
		t.Error(diff)
	}
}

// A NextToken goes on where the list was cut off, for any --max-items.
func TestPartsByMaxItemsMakeTheWholeList(t *testing.T) {
	t.Parallel()
	for _, size := range []string{"1", "2", "3", "4"} {
		s := newFixture(t, nil)
		var got, token string
		for range 6 {
			args := groups + "--output text --query [Groups[].GroupName,NextToken] --max-items " + size + token
			reply := daypass(t, s, "", strings.Replace(args, "--output text", "--output json", 1))
			next := ""
			for line := range strings.Lines(reply.Stdout) {
				line = strings.Trim(line, " \",\n")
				switch {
				case strings.HasPrefix(line, "g"):
					got += line
				case strings.HasPrefix(line, "ey"):
					next = " --starting-token " + line
				}
			}
			token = next
			if token == "" {
				break
			}
		}
		if got != "g1g2g3g4g5" {
			t.Errorf("cuts of %s: %s", size, got)
		}
	}
}

func TestNegativeMaxItemsAreRefused(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"-1", "-5", "-99999999999999999999"} {
		code, _, stderr := inProcess(t, "", "iam", "list-groups", "--max-items="+n)
		if code != exit.Usage || !strings.Contains(stderr, "argument --max-items: expected 0 or more") {
			t.Errorf("%s: exit %d, %s", n, code, stderr)
		}
	}
}

// The short commands read all pages too.
func TestAccountListReadsAllPages(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			NextToken  string `json:"nextToken"`
			MaxResults int    `json:"maxResults"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil && !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		answer := `{"accounts":[{"accountId":"000000000001"}],"nextToken":"second"}`
		if asked.NextToken == "second" {
			answer = `{"accounts":[{"accountId":"000000000002"}]}`
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	for args, want := range map[string]string{
		"account list":                        "2 None\n",
		"account list --max-results 1":        "1 second\n",
		"account list --next-token second":    "1 None\n",
		"account list --no-paginate":          "1 second\n",
		"daypass list-accounts":               "2 None\n",
		"daypass list-accounts --max-items 1": "1 eyJuZXh0VG9rZW4iOiAic2Vjb25kIn0=\n",
	} {
		words := append([]string{"--endpoint-url", server.URL, "--no-sign-request", "--region", "us-east-1", "--query", "[length(accounts),nextToken||NextToken]"}, strings.Fields(args)...)
		code, stdout, stderr := inProcess(t, "", words...)
		var got []any
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || len(got) != 2 {
			t.Errorf("%s: exit %d, %s%s", args, code, stdout, stderr)
			continue
		}
		text := fmt.Sprintf("%v %v\n", got[0], got[1])
		if text = strings.Replace(text, "<nil>", "None", 1); text != want {
			t.Errorf("%s: %s, want %s", args, text, want)
		}
	}
}
