# METADATA
# title: What a Kubernetes cluster admits
# description: |
#   Answers admission reviews of a validating webhook: `input` is the AdmissionReview that the
#   cluster sends, `main` the one that it gets back. Pods are looked at, and what makes pods:
#   Deployments, Jobs and the like. Settings stand in `data.cluster`:
#
#       cluster:
#         registries: ["registry.example.com/"]
#         exempt_namespaces: [kube-system]
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers
# scope: package
package kubernetes.admission

# METADATA
# title: The review that goes back to the cluster
# entrypoint: true
main := {
	"apiVersion": "admission.k8s.io/v1",
	"kind": "AdmissionReview",
	"response": response,
}

default uid := ""

uid := input.request.uid

# METADATA
# title: The verdict
# description: Every reason is told at once, so that nobody mends a manifest one by one.
response := {"uid": uid, "allowed": true} if {
	count(reasons) == 0
} else := {"uid": uid, "allowed": false, "status": {"code": 403, "message": message}} if {
	message := concat("; ", sort(reasons))
}

# METADATA
# title: What speaks against the object
reasons contains "the request is no admission review" if {
	not input.request.kind.kind
}

reasons contains sprintf("container %s is privileged", [container.name]) if {
	some container in checked_containers
	container.securityContext.privileged
}

reasons contains sprintf("container %s may run as root", [container.name]) if {
	some container in checked_containers
	not runs_as_somebody(container)
}

reasons contains sprintf("container %s has no limit for %s", [container.name, resource]) if {
	some container in checked_containers
	some resource in ["cpu", "memory"]
	not container.resources.limits[resource]
}

reasons contains sprintf("image %s has no fixed version", [container.image]) if {
	some container in checked_containers
	not is_pinned(container.image)
}

reasons contains sprintf("image %s comes from an unknown registry", [container.image]) if {
	some container in checked_containers
	not is_trusted(container.image)
}

reasons contains sprintf("the pod shares the host's %s", [what]) if {
	not is_exempt
	some field, what in shared
	pod[field]
}

# METADATA
# title: Fields of a pod that give it what is the host's
shared := {"hostNetwork": "network", "hostPID": "processes", "hostIPC": "memory"}

# METADATA
# title: What a pod is made from, in the object at hand
pod := input.request.object.spec if {
	input.request.kind.kind == "Pod"
} else := input.request.object.spec.jobTemplate.spec.template.spec if {
	input.request.kind.kind == "CronJob"
} else := input.request.object.spec.template.spec

# METADATA
# title: The containers that have to keep the rules
checked_containers contains container if {
	not is_exempt
	some field in ["containers", "initContainers", "ephemeralContainers"]
	some container in pod[field]
}

# METADATA
# title: The namespace is the cluster's own
is_exempt if input.request.namespace in data.cluster.exempt_namespaces

# METADATA
# title: The container runs as somebody other than root
runs_as_somebody(container) if container.securityContext.runAsNonRoot

runs_as_somebody(container) if {
	not container.securityContext.runAsNonRoot == false
	pod.securityContext.runAsNonRoot
}

# METADATA
# title: The image is named by digest, or by a tag other than latest
is_pinned(image) if contains(image, "@sha256:")

is_pinned(image) if {
	name := regex.replace(image, "^.*/", "")
	[_, tag] := split(name, ":")
	tag != "latest"
}

# METADATA
# title: The image comes from a registry that is trusted
is_trusted(image) if {
	some registry in data.cluster.registries
	startswith(image, registry)
}
