/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of endpoints, and finding a request's row in it.
 */
#include "daemon/gate/route.h"

#include "daemon/gate/metrics.h"
#include "lib/base/array.h"

#include <string.h>

static const struct gate_route routes[] = {
	{ "/v1/introspect/", true, false, "POST", true, gate_introspect, "introspect" },
	{ "/v1/auth/", true, false, NULL, false, gate_forward_auth, "auth" },
	{ "/v1/ext_authz/", true, true, NULL, false, gate_ext_authz, "ext_authz" },
	{ "/v1/shadow/", true, false, NULL, false, gate_shadow, "shadow" },
	{ "/v1/dovecot-policy/", true, false, "POST", true, gate_dovecot_policy, "dovecot_policy" },
	{ "/healthz", false, false, "GET, HEAD", false, gate_healthz, "healthz" },
	{ "/readyz", false, false, "GET, HEAD", false, gate_readyz, "readyz" },
	{ "/readyz/", true, false, "GET, HEAD", false, gate_readyz, "readyz_service" },
	{ "/metrics", false, false, "GET, HEAD", false, gate_metrics_page, "metrics" },
	{ NULL, false, false, NULL, false, NULL, "other" },
};

_Static_assert(MM_COUNT_OF(routes) <= GATE_ROUTES_MAX, "answers are counted by route");

size_t
gate_route_count(void)
{
	return MM_COUNT_OF(routes);
}

size_t
gate_route_number(const struct gate_route *route)
{
	return (size_t)(route - routes);
}

const char *
gate_route_name(size_t number)
{
	return routes[number].label;
}

const struct gate_route *
gate_route_find(const char *path, struct mm_slice *service)
{
	const struct gate_route *route = routes;

	*service = MM_SLICE_ABSENT;
	for (; route->path != NULL; route++) {
		size_t len = strlen(route->path);

		if (!route->names_service && strcmp(path, route->path) == 0)
			return route;
		if (route->names_service && strncmp(path, route->path, len) == 0) {
			path += len;
			*service = mm_slice(path, route->path_follows ? strcspn(path, "/") : strlen(path));
			return route;
		}
	}
	return route;
}

bool
gate_route_allows(const struct gate_route *route, const char *method)
{
	size_t len = strlen(method);

	if (route->methods == NULL)
		return true;
	for (const char *at = route->methods; *at != '\0';) {
		size_t this_len = strcspn(at, ",");

		if (this_len == len && memcmp(at, method, len) == 0)
			return true;
		at += this_len;
		at += strspn(at, ", ");
	}
	return false;
}
