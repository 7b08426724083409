/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of endpoints, and finding a request's row in it.
 */
#include "daemon/issuer/route.h"

#include "lib/base/array.h"

#include <string.h>

static const struct issuer_route routes[] = {
	{ "/.well-known/openid-configuration", ISSUER_PLACE_BELOW, "GET, HEAD", false, ISSUER_FOR_PROGRAMS,
	    issuer_metadata, "metadata" },
	{ "/.well-known/oauth-authorization-server", ISSUER_PLACE_BEFORE, "GET, HEAD", false, ISSUER_FOR_PROGRAMS,
	    issuer_metadata, "oauth_metadata" },
	{ "/jwks", ISSUER_PLACE_BELOW, "GET, HEAD", false, ISSUER_FOR_PROGRAMS, issuer_jwks, "jwks" },
	{ "/authorize", ISSUER_PLACE_BELOW, "GET, POST", true, ISSUER_FOR_PEOPLE, issuer_authorize, "authorize" },
	{ "/sign-in", ISSUER_PLACE_BELOW, "POST", true, ISSUER_FOR_PEOPLE, issuer_sign_in, "sign_in" },
	{ "/consent", ISSUER_PLACE_BELOW, "POST", true, ISSUER_FOR_PEOPLE, issuer_consent, "consent" },
	{ "/token", ISSUER_PLACE_BELOW, "POST", true, ISSUER_FOR_PROGRAMS, issuer_token_endpoint, "token" },
	{ "/device_authorization", ISSUER_PLACE_BELOW, "POST", true, ISSUER_FOR_PROGRAMS, issuer_device_authorization,
	    "device_authorization" },
	{ "/device", ISSUER_PLACE_BELOW, "GET, POST", true, ISSUER_FOR_PEOPLE, issuer_device_page, "device" },
	{ "/revoke", ISSUER_PLACE_BELOW, "POST", true, ISSUER_FOR_PROGRAMS, issuer_revoke, "revoke" },
	{ "/introspect", ISSUER_PLACE_BELOW, "POST", true, ISSUER_FOR_PROGRAMS, issuer_introspect, "introspect" },
	{ "/userinfo", ISSUER_PLACE_BELOW, "GET, POST", true, ISSUER_FOR_PROGRAMS, issuer_userinfo, "userinfo" },
	{ "/logout", ISSUER_PLACE_BELOW, "GET, POST", true, ISSUER_FOR_PEOPLE, issuer_logout, "logout" },
	{ "/healthz", ISSUER_PLACE_ALONE, "GET, HEAD", false, ISSUER_FOR_PROGRAMS, issuer_healthz, "healthz" },
	{ "/readyz", ISSUER_PLACE_ALONE, "GET, HEAD", false, ISSUER_FOR_PROGRAMS, issuer_readyz, "readyz" },
	{ "/metrics", ISSUER_PLACE_ALONE, "GET, HEAD", false, ISSUER_FOR_PROGRAMS, issuer_metrics_page, "metrics" },
	{ NULL, ISSUER_PLACE_ALONE, "GET, HEAD", false, ISSUER_FOR_PROGRAMS, NULL, "other" },
};

_Static_assert(MM_COUNT_OF(routes) <= ISSUER_ROUTES_MAX, "answers are counted by route");

size_t
issuer_route_count(void)
{
	return MM_COUNT_OF(routes);
}

size_t
issuer_route_number(const struct issuer_route *route)
{
	return (size_t)(route - routes);
}

const char *
issuer_route_name(size_t number)
{
	return routes[number].label;
}

static bool
is_at(const struct issuer_route *route, const struct issuer_realm *realm, struct mm_slice path,
    struct mm_slice *tenant)
{
	struct mm_slice own = mm_slice_str(route->path), rest;

	switch (route->place) {
	case ISSUER_PLACE_BELOW:
		return issuer_realm_match(realm, path, tenant, &rest) && mm_slice_equal(rest, own);
	case ISSUER_PLACE_BEFORE:
		return path.len >= own.len && memcmp(path.ptr, own.ptr, own.len) == 0 &&
		    issuer_realm_match(realm, mm_slice(path.ptr + own.len, path.len - own.len), tenant, &rest) &&
		    rest.len == 0;
	case ISSUER_PLACE_ALONE:
		return mm_slice_equal(path, own);
	}
	return false;
}

const struct issuer_route *
issuer_route_find(const struct issuer_realm *realm, struct mm_slice path, struct mm_slice *tenant)
{
	const struct issuer_route *route = routes;

	for (; route->path != NULL; route++) {
		*tenant = mm_slice("", 0);
		if (is_at(route, realm, path, tenant))
			return route;
	}
	*tenant = mm_slice("", 0);
	return route;
}

bool
issuer_route_allows(const struct issuer_route *route, const char *method)
{
	size_t len = strlen(method);

	for (const char *at = route->methods; *at != '\0';) {
		size_t this_len = strcspn(at, ",");

		if (this_len == len && memcmp(at, method, len) == 0)
			return true;
		at += this_len;
		at += strspn(at, ", ");
	}
	return false;
}
