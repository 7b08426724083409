/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs find out by themselves: metadata (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2) and keys.
 */
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/error.h"
#include "daemon/issuer/route.h"
#include "engine/json_writer.h"
#include "lib/base/array.h"

#include <stdio.h>

/* It changes with the configuration alone. */
#define METADATA_MAX_AGE "public, max-age=300"

/* Addresses: name of the member, path of the endpoint. */
static const struct {
	const char *name, *path;
} endpoints[] = {
	{ "authorization_endpoint", "/authorize" },
	{ "token_endpoint", "/token" },
	{ "userinfo_endpoint", "/userinfo" },
	{ "jwks_uri", "/jwks" },
	{ "revocation_endpoint", "/revoke" },
	{ "introspection_endpoint", "/introspect" },
	{ "device_authorization_endpoint", "/device_authorization" },
	{ "end_session_endpoint", "/logout" },
};

static const char *const client_methods[] = { "client_secret_basic", "client_secret_post", "private_key_jwt",
	"tls_client_auth", "self_signed_tls_client_auth", "none" };
static const char *const proof_algorithms[] = { "ES256", "EdDSA", "RS256", "PS256" };

/* Lists: name of the member and its texts. */
static const struct {
	const char *name;
	const char *texts[12];
} lists[] = {
	{ "response_types_supported", { "code" } },
	{ "response_modes_supported", { "query" } },
	{ "grant_types_supported", { "authorization_code", "refresh_token", "client_credentials",
	                               "urn:ietf:params:oauth:grant-type:device_code",
	                               "urn:ietf:params:oauth:grant-type:token-exchange" } },
	{ "code_challenge_methods_supported", { "S256" } },
	{ "subject_types_supported", { "public" } },
	{ "scopes_supported", { "openid", "profile", "email", "offline_access" } },
	{ "claims_supported", { "sub", "iss", "aud", "exp", "iat", "auth_time", "preferred_username", "name",
	    "email", "email_verified" } },
	{ "prompt_values_supported", { "none", "login", "consent", "select_account" } },
};

static void
add_list(struct mm_json_writer *writer, const char *name, const char *const *texts, size_t count)
{
	mm_json_begin_array(writer, name);
	for (size_t i = 0; i < count && texts[i] != NULL; i++)
		mm_json_add_str(writer, NULL, texts[i]);
	mm_json_end_array(writer);
}

static bool
is_any_tenant(struct mm_slice tenant)
{
	return mm_slice_equal(tenant, mm_slice_str(MM_TENANT_ANY));
}

/* For any tenant the issuer is not known before the user is: the template stands there, as Entra has it. */
static void
add_issuer(const struct issuer_exchange *exchange, struct mm_json_writer *writer)
{
	const struct issuer_realm *realm = &exchange->issuer->realm;
	struct mm_buf address;

	mm_buf_init(&address, 2 * MM_MINT_ISSUER_LEN_MAX);
	issuer_realm_add_address(realm, is_any_tenant(exchange->tenant) ? mm_slice_str("{tenantid}") : exchange->tenant,
	    &address);
	mm_json_add_slice(writer, "issuer", mm_slice(address.data, address.len));
	mm_buf_clear(&address);
}

static void
add_endpoints(const struct issuer_exchange *exchange, struct mm_json_writer *writer)
{
	const struct issuer_realm *realm = &exchange->issuer->realm;

	for (size_t i = 0; i < MM_COUNT_OF(endpoints); i++) {
		struct mm_buf address;

		mm_buf_init(&address, 2 * MM_MINT_ISSUER_LEN_MAX);
		mm_buf_add_slice(&address, realm->origin);
		issuer_realm_add_path(realm, exchange->tenant, &address);
		mm_buf_add_str(&address, endpoints[i].path);
		mm_json_add_slice(writer, endpoints[i].name, mm_slice(address.data, address.len));
		mm_buf_clear(&address);
	}
}

static void
add_algorithms(const struct issuer_exchange *exchange, struct mm_json_writer *writer)
{
	static const char *const methods[] = { "token_endpoint_auth", "revocation_endpoint_auth",
		"introspection_endpoint_auth" };
	const char *const own[] = { exchange->issuer->realm.algorithm };
	char name[80];

	add_list(writer, "id_token_signing_alg_values_supported", own, 1);
	add_list(writer, "dpop_signing_alg_values_supported", proof_algorithms, MM_COUNT_OF(proof_algorithms));
	for (size_t i = 0; i < MM_COUNT_OF(methods); i++) {
		snprintf(name, sizeof(name), "%s_methods_supported", methods[i]);
		add_list(writer, name, client_methods, MM_COUNT_OF(client_methods));
		snprintf(name, sizeof(name), "%s_signing_alg_values_supported", methods[i]);
		add_list(writer, name, proof_algorithms, MM_COUNT_OF(proof_algorithms));
	}
}

enum issuer_turn
issuer_metadata(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_json_writer writer;

	answer->status = MHD_HTTP_OK;
	answer->content_type = "application/json";
	mm_http_answer_add_header(answer, "Cache-Control", METADATA_MAX_AGE);
	mm_json_writer_init(&writer, &answer->body);
	mm_json_begin_object(&writer, NULL);
	add_issuer(exchange, &writer);
	add_endpoints(exchange, &writer);
	for (size_t i = 0; i < MM_COUNT_OF(lists); i++)
		add_list(&writer, lists[i].name, lists[i].texts, MM_COUNT_OF(lists[i].texts));
	add_algorithms(exchange, &writer);
	mm_json_add_bool(&writer, "tls_client_certificate_bound_access_tokens", true);
	mm_json_add_bool(&writer, "authorization_response_iss_parameter_supported", true);
	mm_json_add_bool(&writer, "request_parameter_supported", false);
	mm_json_add_bool(&writer, "request_uri_parameter_supported", false);
	mm_json_add_bool(&writer, "claims_parameter_supported", false);
	mm_json_end_object(&writer);
	return ISSUER_ANSWERED;
}

/* ---- keys ---- */

/* RFC 9110 section 13.1.2: a list of tags, each perhaps weak, or "*". */
static bool
has_tag(struct mm_slice field, const char *etag)
{
	if (mm_slice_equal(field, mm_slice_str("*")))
		return true;
	return field.len > 0 && memmem(field.ptr, field.len, etag, ISSUER_ETAG_LEN) != NULL;
}

enum issuer_turn
issuer_jwks(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct issuer *issuer = exchange->issuer;
	struct mm_http_field known = issuer_exchange_field(exchange, MHD_HTTP_HEADER_IF_NONE_MATCH);
	char etag[ISSUER_ETAG_LEN + 1], age[48];

	if (!issuer_key_set_get(&issuer->keys, &answer->body, etag)) {
		issuer_error_answer(exchange, answer, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE,
		    mm_slice_str("the realm's keys have not come yet"));
		return ISSUER_ANSWERED;
	}
	snprintf(age, sizeof(age), "public, max-age=%u", issuer_key_set_max_age_s(issuer->realm.publish_before_s));
	mm_http_answer_add_header(answer, "Cache-Control", age);
	mm_http_answer_add_header(answer, "ETag", etag);
	answer->status = MHD_HTTP_OK;
	answer->content_type = "application/jwk-set+json";
	if (has_tag(known.value, etag)) {
		answer->status = MHD_HTTP_NOT_MODIFIED;
		mm_buf_clear(&answer->body);
	}
	return ISSUER_ANSWERED;
}
