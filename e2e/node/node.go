// Package node plays scheduler, kubelet, ingress and issuer of certificates for
// a control plane that runs no containers. Nothing is pulled, run or served:
// what it proves is that the controllers get to the states that wait for pods,
// gateways and certificates.
package node

import (
	"context"
	"log"
	"runtime"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	name = "e2e"

	// NeverReady is in the name of an image whose pods do not start.
	NeverReady = "never-ready"

	// resync is how often what failed is tried again.
	resync = 2 * time.Second
)

// node binds every pod to itself and reports it running and ready.
type node struct {
	client  kubernetes.Interface
	address string // of every pod; endpoints refuse loopback addresses
}

// Start registers the node and plays it until the context ends.
func Start(ctx context.Context, config *rest.Config, address string) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	n := &node{client, address}
	if err := n.register(ctx); err != nil {
		return err
	}
	if err := startNetworking(ctx, config); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, resync)
	if err := watch(ctx, factory.Core().V1().Pods().Informer(), func(o any) error {
		return n.advance(ctx, o.(*corev1.Pod))
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	return nil
}

// watch calls act for each object now and whenever it changes. An error is
// forgiven, since a change or the next resync calls it again.
func watch(ctx context.Context, informer cache.SharedIndexInformer, act func(any) error) error {
	call := func(o any) {
		err := act(o)
		if err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			log.Print("e2e: node: ", err)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    call,
		UpdateFunc: func(_, o any) { call(o) },
	})
	return err
}

// register makes the node known, with room for any pod.
func (n *node) register(ctx context.Context) error {
	nodes := n.client.CoreV1().Nodes()
	made, err := nodes.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{corev1.LabelOSStable: "linux", corev1.LabelArchStable: runtime.GOARCH},
	}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	room := corev1.ResourceList{"cpu": resource.MustParse("1000"), "memory": resource.MustParse("1000Gi"), "pods": resource.MustParse("10000")}
	made.Status = corev1.NodeStatus{
		Capacity: room, Allocatable: room,
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "Fake"}},
	}
	_, err = nodes.UpdateStatus(ctx, made, metav1.UpdateOptions{})
	return err
}

// advance takes a pod one step further: gone, bound, or in its final state.
func (n *node) advance(ctx context.Context, p *corev1.Pod) error {
	pods := n.client.CoreV1().Pods(p.Namespace)
	switch {
	case p.DeletionTimestamp != nil:
		now := int64(0)
		return pods.Delete(ctx, p.Name, metav1.DeleteOptions{GracePeriodSeconds: &now})
	case p.Spec.NodeName == "":
		return pods.Bind(ctx, &corev1.Binding{
			ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
			Target:     corev1.ObjectReference{Kind: "Node", Name: name},
		}, metav1.CreateOptions{})
	case p.Status.PodIP != "":
		return nil
	}
	p = p.DeepCopy()
	p.Status = n.status(p)
	_, err := pods.UpdateStatus(ctx, p, metav1.UpdateOptions{})
	return err
}

// status is what a kubelet would report in the end: all containers running and
// ready, or one whose image cannot be pulled.
func (n *node) status(p *corev1.Pod) corev1.PodStatus {
	now := metav1.Now()
	status := corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: n.address, PodIPs: []corev1.PodIP{{IP: n.address}}, HostIP: n.address,
		StartTime: &now, QOSClass: p.Status.QOSClass,
	}
	for _, c := range p.Spec.InitContainers {
		status.InitContainerStatuses = append(status.InitContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, ImageID: c.Image, Ready: true,
			State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now}},
		})
	}
	ready := corev1.ConditionTrue
	for _, c := range p.Spec.Containers {
		s := corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: c.Image}
		if strings.Contains(c.Image, NeverReady) {
			status.Phase, ready = corev1.PodPending, corev1.ConditionFalse
			s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff"}
		} else {
			started := true
			s.Ready, s.Started = true, &started
			s.State.Running = &corev1.ContainerStateRunning{StartedAt: now}
		}
		status.ContainerStatuses = append(status.ContainerStatuses, s)
	}
	for kind, value := range map[corev1.PodConditionType]corev1.ConditionStatus{
		corev1.PodScheduled: corev1.ConditionTrue, corev1.PodInitialized: corev1.ConditionTrue,
		corev1.ContainersReady: ready, corev1.PodReady: ready,
	} {
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: kind, Status: value, LastTransitionTime: now})
	}
	return status
}
