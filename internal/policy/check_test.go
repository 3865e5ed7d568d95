package policy

import (
	"errors"
	"strings"
	"testing"
)

const (
	vendorRegex = "Resource vendor must be fully qualified and cannot contain regexes."
	iamPath     = `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`
	legacy      = "The policy failed legacy parsing"
	noActions   = "Policy statement must contain actions."
	noResources = "Policy statement must contain resources."
	notSTS      = "AssumeRole policy may only specify STS AssumeRole actions."
	syntax      = "Syntax errors in policy."
	twoColons   = "Actions/Condition can contain only one colon."
	version     = "Policy document must be version 2012-10-17 or greater."
	sid         = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
)

// about is a managed policy's document with that Action and Resource.
func about(action, resource string) string {
	return document(`{"Effect":"Deny","Action":"` + action + `","Resource":"` + resource + `"}`)
}

func trusting(action string) string {
	return document(`{"Effect":"Deny","Principal":"*","Action":"` + action + `"}`)
}

// dated is a document with that date in a condition.
func dated(date string) string {
	return document(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"` + date + `"}}}`)
}

// The sentences are IAM's on these documents: the issue trackers of Terraform's
// provider and others, and moto's tests, whose documents were tried on IAM.
func TestCheckRefusesInIAMsSentencesWhatNoRequestIsAbout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		document, want string
		kind           Type
	}{
		{about("iam:List:AccessKeys", "*"), twoColons, Identity},
		{about("s:3s:ListBucket", "*"), twoColons, Identity},
		{about(" iam:ListAccessKeys", "*"), "Vendor  iam is not valid", Identity},
		{about("a a:ListBucket", "*"), "Vendor a a is not valid", Identity},
		{about("s3*:ListBucket", "*"), "Vendor s3* is not valid", Identity},
		{about("iam:", "*"), syntax, Identity},
		{about("iam:List AccessKeys", "*"), syntax, Identity},
		{about("iam:ListAccessKeys ", "*"), syntax, Identity},
		{about("iam:Listé", "*"), syntax, Identity},
		{document(`{"Effect":"Deny","NotAction":"a_b:*","Resource":"*"}`), "Vendor a_b is not valid", Identity},

		{about("*", "arn:aws:iam::111122223333:alice"), iamPath, Identity},
		{about("*", "arn:aws:iam:::example"), iamPath, Identity},
		{about("*", "arn:aws:iam::111122223333:role*"), iamPath, Identity},
		{document(`{"Effect":"Deny","Action":"*","NotResource":["*","arn:aws:iam::111122223333:alice"]}`), iamPath, Identity},
		{about("*", "arn:aws:iam:us-east-1:111122223333:user/a"), "IAM resource arn:aws:iam:us-east-1:111122223333:user/a cannot contain region information.", Identity},
		{about("*", "arn:asw:iam::111122223333:user/a"), `Partition "asw" is not valid for resource "arn:asw:iam::111122223333:user/a".`, Identity},
		{about("*", "arn:aws-cn:iam::111122223333:user/a"), `Partition "aws-cn" is not valid for resource "arn:aws-cn:iam::111122223333:user/a".`, Identity},
		{about("*", "arn:error:s3::example"), `Partition "error" is not valid for resource "arn:error:s3::example:*".`, Identity},
		{about("*", "aws:s3:::example"), `Partition "s3" is not valid for resource "arn:s3:::example:*".`, Identity},
		{about("*", "a:b:c:d:e:f:g:h"), `Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".`, Identity},
		{about("*", "a:b"), `Partition "b" is not valid for resource "arn:b:*:*:*:*".`, Identity},
		{about("*", "arn:aws::::x"), legacy, Identity},
		{about("*", "arn:aws:s3::example"), legacy, Identity},
		{about("*", "arn:aws::fdsasf"), legacy, Identity},
		{about("*", "arn:aws:iam::*"), legacy, Identity},
		{about("*", "arn:aws"), vendorRegex, Identity},
		{about("*", "arn:*"), vendorRegex, Identity},
		{about("*", "arn:aws:*:us-east-1:111122223333:domain/d"), vendorRegex, Identity},
		{about("*", "arn:aws:codeart?fact:*"), vendorRegex, Identity},
		{about("*", "invalid resource"), `Resource invalid resource must be in ARN format or "*".`, Identity},
		{about("*", ""), `Resource  must be in ARN format or "*".`, Identity},
		{about("*", "x\\u009b"), `Resource x\u009b must be in ARN format or "*".`, Identity},

		{document(`{"Effect":"Deny","Action":[],"Resource":"*"}`), noActions, Identity},
		{document(`{"Effect":"Deny","Action":"*","Resource":[]}`), noResources, Identity},
		{document(`{"Sid":"a-b","Effect":"Deny","Action":"*","Resource":"*"}`), sid, Identity},
		{document(`{"Effect":"denY","Action":"*","Resource":"*"}`), legacy, Identity},
		{document(`{"Effect":"invalid","Action":"*","Resource":"*"}`), syntax, Identity},
		{dated("sdfdsf"), legacy, Identity},
		{dated("234-13"), legacy, Identity},
		{dated("9223372036854775808"), legacy, Identity},
		{document(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:asw:iam::*:role/x"}}}`), syntax, Identity},

		{`{"Statement":{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}`, version, Identity},
		{`{"Version":"2008-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"a:b":"${aws:username}/*"}}}}`, version, Session},

		{trusting("sts:BadAssumeRole"), notSTS, Trust},
		{trusting("sts:Bad*"), notSTS, Trust},
		{trusting("iam:PassRole"), notSTS, Trust},
		{`{`, "This policy contains invalid Json", Trust},
		{`{`, syntax, Identity},
	} {
		_, err := Check("p", c.document, c.kind)
		var bad *SyntaxError
		if !errors.As(err, &bad) || bad.Phrase() != c.want || bad.Error() == "" {
			t.Errorf("%s\n got %v\nwant %s", c.document, err, c.want)
		}
	}
}

func TestCheckTellsWhereTheSlipIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		about("iam:List:AccessKeys", "*"):                                     `Statement 1, Action: "iam:List:AccessKeys" has more than one colon: expected service:Action`,
		about("*", "arn:aws:iam::111122223333:alice"):                         `Statement 1, Resource: no request is about "arn:aws:iam::111122223333:alice"`,
		`{"Statement":{"Effect":"Deny","Action":"*","Resource":"${aws:x}*"}}`: `Statement 1, Resource: "${aws:x}*" is not a resource: expected an ARN or *`,
		document(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:asw:iam::*:role/x"}}}`): `Statement 1, Condition, ArnLike, "aws:PrincipalArn": no ARN is like "arn:asw:iam::*:role/x": expected the partition aws`,
	} {
		_, err := Check("p", text, Identity)
		if err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
}

// What IAM takes and can hold is taken, and so are policies on services that are
// not here.
func TestCheckTakesWhatIAMTakes(t *testing.T) {
	t.Parallel()
	for document, kind := range map[string]Type{
		about("*", "*"):   Identity,
		about("*:*", "*"): Identity,
		about("service-prefix:action-name", "arn:aws:invalid-service:us-east-1::x"):                                 Identity,
		about("s3.s:Get?", "arn:*:s3:::x"):                                                                          Identity,
		about("s3:ListBucket", "arn:aws*:s3:us-east-1:111122223333:accesspoint/x"):                                  Identity,
		about("iam:*", "arn:aws:iam::111122223333:*"):                                                               Identity,
		about("iam:*", "arn:aws:iam:::user/x"):                                                                      Identity,
		about("iam:*", "arn:aws:iam::*:mfa/${aws:username}"):                                                        Identity,
		about("codeartifact:*", "arn:aws:codeartifact:*"):                                                           Identity,
		`{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`: Identity,
		`{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`:                                 Identity,
		`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${x"}]}`:      Identity,
		trusting("sts:*"):                 Trust,
		trusting("STS:assumerole"):        Trust,
		trusting("sts:AssumeRoleWith*"):   Trust,
		trusting("sts:SetSourceIdentity"): Trust,
	} {
		p, err := Check("p", document, kind)
		if err != nil || p.Name() != "p" || p.Type() != kind {
			t.Errorf("%s: %v", document, err)
		}
	}
}

func TestCheckManagedWantsTheVersionOf2012(t *testing.T) {
	t.Parallel()
	const whole = `"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	for _, c := range []struct{ document, want string }{
		{`{` + whole, version},
		{`{"Version":"2008-10-17",` + whole, version},
		{`{"Statement":{"Effect":"denY","Action":"*","Resource":"*"}}`, version},
		{`{"Statement":{"Effect":"Deny","Action":"a:b:c","Resource":"*"}}`, version},
		{`{"Version":"2013-10-17",` + whole, syntax},
		{`{"Statement":[]}`, syntax},
		{about("iam:List:AccessKeys", "*"), twoColons},
		{`{"Version":"2012-10-17",` + whole, ""},
		{strings.Replace(about("*", "*"), `"Version"`, `"Id":"x","Version"`, 1), ""},
	} {
		p, err := CheckManaged("p", c.document)
		var bad *SyntaxError
		if c.want == "" {
			if err != nil || p.Type() != Identity {
				t.Errorf("%s: %v", c.document, err)
			}
		} else if !errors.As(err, &bad) || bad.Phrase() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.document, err, c.want)
		}
	}
}

// A document that was saved before a rule came is read on.
func TestParseTakesWhatOnlyCheckRefuses(t *testing.T) {
	t.Parallel()
	for _, document := range []string{about("iam:List:AccessKeys", "*"), about("*", "arn:aws:iam::111122223333:alice"), about("*", "arn:aws:*:*:*:x")} {
		_, err := Parse("p", document, Identity)
		if err != nil {
			t.Errorf("%s: %v", document, err)
		}
	}
}
