/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading who a client says it is.
 */
#include "daemon/issuer/client.h"

#include "daemon/http/credentials.h"
#include "lib/crypto/digest.h"

/* RFC 7523 section 2.2 */
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static struct issuer_fault
fault(enum mm_sign_in_status status, const char *text)
{
	return (struct issuer_fault){ status, text };
}

/* RFC 6749 appendix A: client_id and client_secret are VSCHAR; so no control character, and nothing outside ASCII. */
static bool
is_visible(struct mm_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 0x20 || (unsigned char)text.ptr[i] > 0x7e)
			return false;
	return true;
}

static struct issuer_fault
set_name_and_secret(struct mm_slice name, struct mm_slice secret, struct mm_verify_head *head)
{
	if (name.len == 0 || !is_visible(name) || !mm_mint_text_set(&head->client_id, name))
		return fault(MM_SIGN_IN_INVALID_CLIENT, "the client's name is none");
	if (secret.len == 0 || !is_visible(secret) || !mm_mint_text_set(&head->secret, secret))
		return fault(MM_SIGN_IN_INVALID_CLIENT, "the client's secret is none");
	return ISSUER_NO_FAULT;
}

static struct issuer_fault
read_basic(struct mm_slice authorization, struct mm_slice client_id, struct mm_verify_head *head)
{
	struct mm_http_basic basic;
	struct issuer_fault found;

	head->client_method = MM_CLIENT_SECRET_BASIC;
	if (!mm_http_basic_parse(mm_http_credentials_find(authorization, "Basic"), &basic) ||
	    !mm_slice_present(basic.decoded_name)) {
		mm_secret_wipe(&basic, sizeof(basic));
		return fault(MM_SIGN_IN_INVALID_CLIENT, "the field Authorization has no good \"Basic\" credentials");
	}
	if (mm_slice_present(client_id) && !mm_slice_equal(client_id, basic.decoded_name))
		found = fault(MM_SIGN_IN_INVALID_REQUEST, "client_id is another than that of the field Authorization");
	else
		found = set_name_and_secret(basic.decoded_name, basic.decoded_secret, head);
	mm_secret_wipe(&basic, sizeof(basic));
	return found;
}

static struct issuer_fault
read_assertion(const struct issuer_parameters *parameters, struct mm_verify *verify)
{
	struct mm_slice assertion = parameters->values[ISSUER_P_CLIENT_ASSERTION];
	struct mm_slice client_id = parameters->values[ISSUER_P_CLIENT_ID];

	verify->head.client_method = MM_CLIENT_ASSERTION;
	if (!mm_slice_equal(parameters->values[ISSUER_P_CLIENT_ASSERTION_TYPE], mm_slice_str(ASSERTION_TYPE)))
		return fault(MM_SIGN_IN_INVALID_CLIENT, "client_assertion_type is not " ASSERTION_TYPE);
	if (!mm_slice_present(assertion) || assertion.len > MM_ASSERTION_LEN_MAX)
		return fault(MM_SIGN_IN_INVALID_CLIENT, "there is no client_assertion, or it is too long");
	/* "The 'client_id' is unnecessary for client assertion authentication" (RFC 7521 section 4.2). */
	if (mm_slice_present(client_id) &&
	    (!is_visible(client_id) || !mm_mint_text_set(&verify->head.client_id, client_id)))
		return fault(MM_SIGN_IN_INVALID_CLIENT, "the client's name is none");
	verify->assertion = assertion;
	return ISSUER_NO_FAULT;
}

static struct issuer_fault
read_name(struct mm_slice client_id, struct mm_verify_head *head)
{
	head->client_method = MM_CLIENT_NONE;
	if (!mm_slice_present(client_id))
		return fault(MM_SIGN_IN_INVALID_CLIENT, "the client does not say who it is");
	if (!is_visible(client_id) || !mm_mint_text_set(&head->client_id, client_id))
		return fault(MM_SIGN_IN_INVALID_CLIENT, "the client's name is none");
	return ISSUER_NO_FAULT;
}

struct issuer_fault
issuer_client_read(struct mm_slice authorization, size_t authorization_count,
    const struct issuer_parameters *parameters, struct mm_verify *verify)
{
	struct mm_slice client_id = parameters->values[ISSUER_P_CLIENT_ID];
	struct mm_slice secret = parameters->values[ISSUER_P_CLIENT_SECRET];
	bool has_assertion = mm_slice_present(parameters->values[ISSUER_P_CLIENT_ASSERTION]) ||
	    mm_slice_present(parameters->values[ISSUER_P_CLIENT_ASSERTION_TYPE]);

	if (authorization_count > 1 ||
	    (authorization_count > 0) + mm_slice_present(secret) + has_assertion > 1)
		return fault(MM_SIGN_IN_INVALID_REQUEST, "the client authenticates in more than one way");
	if (authorization_count > 0)
		return read_basic(authorization, client_id, &verify->head);
	if (has_assertion)
		return read_assertion(parameters, verify);
	if (!mm_slice_present(secret))
		return read_name(client_id, &verify->head);
	verify->head.client_method = MM_CLIENT_SECRET_POST;
	return set_name_and_secret(client_id, secret, &verify->head);
}
