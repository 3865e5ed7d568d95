package policy

// A Subject is what an action is judged on: the resource, and what its side and
// the request have to say. The packages that keep resources make it, and the
// gate has it judged.
type Subject struct {
	ARN     string // "*" for actions without a resource type
	Account string // the resource's owner; "" means the caller's account
	Admin   string // repository administrator: counts as the owner's account

	Policies []*Policy // resource-based policies
	Trust    bool      // Policies hold a role's trust policy, which must itself allow

	Tags        map[string]string // of the resource: aws:ResourceTag/…, in IAM iam:ResourceTag/… too
	RequestTags map[string]string // passed in the request: aws:RequestTag/…, aws:TagKeys
	Keys        map[string]Value  // further condition keys of the service, in lower case
}
