package kubernetes.admission_test

import data.kubernetes.admission

cluster := {"registries": ["registry.example.com/"], "exempt_namespaces": ["kube-system"]}

container := {
	"name": "web",
	"image": "registry.example.com/shop/web:1.4.2",
	"securityContext": {"runAsNonRoot": true},
	"resources": {"limits": {"cpu": "1", "memory": "256Mi"}},
}

review(kind, object) := {"request": {
	"uid": "u-1",
	"kind": {"kind": kind},
	"namespace": "shop",
	"object": object,
}}

# The answer about a pod of one container, which differs from a good one.
response(changes) := answer(review("Pod", {"spec": {"containers": [changed]}})) if {
	changed := object.union(container, changes)
}

answer(request) := found if {
	found := admission.main.response with data.cluster as cluster with input as request
}

message(changes) := response(changes).status.message

test_what_is_no_review_is_refused if {
	refused := answer({})
	refused.allowed == false
	refused.uid == ""
	refused.status.message == "the request is no admission review"
}

test_the_answer_is_a_review if {
	review_back := admission.main with data.cluster as cluster with input as review("Pod", {})
	review_back.apiVersion == "admission.k8s.io/v1"
	review_back.kind == "AdmissionReview"
	review_back.response == {"uid": "u-1", "allowed": true}
}

test_a_good_pod_is_admitted if response({}) == {"uid": "u-1", "allowed": true}

test_privileged_containers_are_refused if {
	message({"securityContext": {"privileged": true}}) == "container web is privileged"
}

test_containers_that_may_be_root_are_refused if {
	message({"securityContext": {"runAsNonRoot": false}}) == "container web may run as root"
}

test_the_pod_may_say_that_nobody_is_root[value] if {
	some value in [true, false]
	bare := object.remove(container, ["securityContext"])
	spec := {"containers": [bare], "securityContext": {"runAsNonRoot": value}}
	answer(review("Pod", {"spec": spec})).allowed == value
}

test_a_container_may_not_undo_what_the_pod_says if {
	loose := object.union(container, {"securityContext": {"runAsNonRoot": false}})
	spec := {"containers": [loose], "securityContext": {"runAsNonRoot": true}}
	not answer(review("Pod", {"spec": spec})).allowed
}

test_limits_are_demanded if {
	bare := object.remove(container, ["resources"])
	refused := answer(review("Pod", {"spec": {"containers": [bare]}}))
	refused.status.message == concat("; ", [
		"container web has no limit for cpu",
		"container web has no limit for memory",
	])
}

test_versions_are_demanded[tag] if {
	some tag in ["", ":latest"]
	image := sprintf("registry.example.com/shop/web%s", [tag])
	message({"image": image}) == sprintf("image %s has no fixed version", [image])
}

test_digests_are_versions[tag] if {
	some tag in ["", ":1.4.2", ":latest"]
	response({"image": sprintf("registry.example.com/shop/web%s@sha256:00ff", [tag])}).allowed
}

test_volumes_are_no_containers if {
	spec := {"containers": [container], "volumes": [{"name": "data"}]}
	answer(review("Pod", {"spec": spec})).allowed
}

test_a_template_that_does_not_count_hides_nothing if {
	good := {"spec": {"template": {"spec": {"containers": [container]}}}}
	bad := {"spec": {"containers": [object.remove(container, ["securityContext"])]}}
	answer(review("CronJob", {"spec": {"jobTemplate": good}})).allowed
	not answer(review("Deployment", {"spec": {"jobTemplate": good, "template": bad}})).allowed
}

test_a_port_of_the_registry_is_no_version if {
	image := "registry.example.com:5000/web"
	contains(message({"image": image}), "has no fixed version")
}

test_unknown_registries_are_refused if {
	image := "docker.io/library/nginx:1.27"
	message({"image": image}) == sprintf("image %s comes from an unknown registry", [image])
}

test_what_is_the_hosts_is_refused[field] if {
	some field, what in {"hostNetwork": "network", "hostPID": "processes", "hostIPC": "memory"}
	refused := answer(review("Pod", {"spec": {"containers": [container], field: true}}))
	refused.status.message == sprintf("the pod shares the host's %s", [what])
}

test_every_container_is_looked_at[field] if {
	some field in ["containers", "initContainers", "ephemeralContainers"]
	bad := object.union(container, {"name": "helper", "securityContext": {"privileged": true}})
	refused := answer(review("Pod", {"spec": {field: [bad]}}))
	refused.status.message == "container helper is privileged"
}

test_what_makes_pods_is_looked_at[kind] if {
	some kind in ["Deployment", "Job", "CronJob"]
	bad := object.union(container, {"securityContext": {"privileged": true}})
	template := {"template": {"spec": {"containers": [bad]}}}
	objects := {"CronJob": {"spec": {"jobTemplate": {"spec": template}}}}
	object_at_hand := object.get(objects, kind, {"spec": template})
	answer(review(kind, object_at_hand)).status.message == "container web is privileged"
}

test_the_clusters_own_namespace_is_left_alone if {
	spec := {"containers": [{"name": "proxy", "image": "proxy"}], "hostNetwork": true}
	request := object.union(review("Pod", {"spec": spec}), {"request": {"namespace": "kube-system"}})
	answer(request).allowed
}
