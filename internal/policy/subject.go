package policy

// A Subject is the resource that an action is decided on, with its policies, its
// tags and the condition keys of the request. The packages that own resources
// build it; package gate has it evaluated.
type Subject struct {
	ARN     string // "*" for actions without a resource type
	Account string // the resource's owner; "" means the caller's account
	Admin   string // repository administrator: counts as the owner's account

	Policies []*Policy // resource-based policies
	Trust    bool      // Policies are a role's trust policy, see [Target]

	Tags        map[string]string // of the resource: aws:ResourceTag/…, in IAM iam:ResourceTag/… too
	RequestTags map[string]string // passed in the request: aws:RequestTag/…, aws:TagKeys
	Keys        Keys              // further condition keys of the service
}

// Keys are condition keys with their values, each key once and in lower case. They are
// few, so that a list is found through as fast as a map, and made faster.
type Keys []Key

// A Key is a condition key with its value.
type Key struct {
	Name  string // in lower case
	Value Value
}

// Set gives a key a value, in place of any that it has.
func (k *Keys) Set(name string, v Value) {
	for i := range *k {
		if (*k)[i].Name == name {
			(*k)[i].Value = v
			return
		}
	}
	*k = append(*k, Key{name, v})
}

// Lookup returns the value of a key, given in lower case.
func (k Keys) Lookup(name string) (Value, bool) {
	for i := range k {
		if k[i].Name == name {
			return k[i].Value, true
		}
	}
	return Value{}, false
}
