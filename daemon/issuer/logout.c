/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing out (OpenID Connect RP-Initiated Logout 1.0): asked by a page of ours, so that no other site signs anybody
 * out.
 */
#include "daemon/issuer/authorization.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/page.h"
#include "daemon/issuer/route.h"
#include "daemon/issuer/sign_out_hint.h"
#include "lib/base/array.h"

static const enum issuer_parameter carried[] = { ISSUER_P_CLIENT_ID, ISSUER_P_POST_LOGOUT_REDIRECT_URI,
	ISSUER_P_STATE };

static struct mm_slice
session_of(const struct issuer_exchange *exchange)
{
	return issuer_exchange_cookie(exchange, ISSUER_COOKIE_SESSION);
}

/*
 * The client is named by client_id, by the audience of id_token_hint, or by both: then they are one, else nothing is
 * led to. Its address is compared with the registered ones either way.
 */
static void
read_client(struct issuer_exchange *exchange)
{
	struct mm_slice *client = &exchange->parameters.values[ISSUER_P_CLIENT_ID];
	struct mm_slice hint = issuer_exchange_parameter(exchange, ISSUER_P_ID_TOKEN_HINT);

	if (!mm_slice_present(hint) || !issuer_sign_out_hint_read(hint, exchange->hinted_client))
		return;
	if (!mm_slice_present(*client))
		*client = mm_slice_str(exchange->hinted_client);
	else if (!mm_slice_equal(*client, mm_slice_str(exchange->hinted_client)))
		exchange->parameters.values[ISSUER_P_POST_LOGOUT_REDIRECT_URI] = MM_SLICE_ABSENT;
}

static enum issuer_turn
ask_page(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	issuer_page_begin(exchange, answer, MHD_HTTP_OK, "Sign out?",
	    issuer_exchange_parameter(exchange, ISSUER_P_POST_LOGOUT_REDIRECT_URI));
	issuer_page_add_line(answer, "You are about to sign out.", MM_SLICE_ABSENT, "");
	issuer_page_begin_form(exchange, answer, "/logout");
	issuer_page_seal_form(exchange, answer, "logout", session_of(exchange), carried, MM_COUNT_OF(carried));
	issuer_page_add_button(answer, "Sign out", "sign-out", true);
	issuer_page_end_form(answer);
	issuer_page_end(answer);
	return ISSUER_ANSWERED;
}

static void
lead_on(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_buf address;

	mm_buf_init(&address, 4 * MM_SIGN_IN_URI_LEN_MAX);
	mm_buf_add_slice(&address, issuer_exchange_parameter(exchange, ISSUER_P_POST_LOGOUT_REDIRECT_URI));
	issuer_address_add(&address, "state", issuer_exchange_parameter(exchange, ISSUER_P_STATE));
	if (mm_buf_ok(&address))
		issuer_redirect(exchange, answer, mm_slice(address.data, address.len));
	else
		answer->failed = true;
	mm_buf_clear(&address);
}

static enum issuer_turn
take_end(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);

	if (verified->status != MM_SIGN_IN_OK && !verified->done)
		return issuer_authorization_answer_refusal(exchange, answer);
	issuer_cookie_set(answer, &exchange->issuer->realm, ISSUER_COOKIE_SESSION, mm_slice("", 0), 0);
	if (verified->status != MM_SIGN_IN_OK)
		return issuer_page_message(exchange, answer, MHD_HTTP_SERVICE_UNAVAILABLE, "Signed out here",
		    mm_slice_str("You are signed out here. The services that you used could not be told yet, and may "
		    "go on for a while: an hour at most."));
	if (!verified->may_redirect ||
	    !mm_slice_present(issuer_exchange_parameter(exchange, ISSUER_P_POST_LOGOUT_REDIRECT_URI)))
		return issuer_page_message(exchange, answer, MHD_HTTP_OK, "Signed out",
		    mm_slice_str("You are signed out. You can close this page."));
	lead_on(exchange, answer);
	return ISSUER_ANSWERED;
}

static enum issuer_turn
end_session(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_verify verify;

	if (!issuer_page_check_form(exchange, "logout", session_of(exchange), carried, MM_COUNT_OF(carried)))
		return issuer_page_message(exchange, answer, MHD_HTTP_FORBIDDEN, "This page is too old",
		    mm_slice_str("The form that was sent is not one of this browser's, or it is from too long ago."));
	issuer_exchange_begin(exchange, MM_ASK_SIGN_OUT, &verify);
	issuer_put_text(&verify.ask.sign_out.cookie, session_of(exchange));
	/* What is too long is nobody's: then nothing is led to. */
	issuer_put_text(&verify.head.client_id, issuer_exchange_parameter(exchange, ISSUER_P_CLIENT_ID));
	issuer_put_text(&verify.ask.sign_out.redirect_uri,
	    issuer_exchange_parameter(exchange, ISSUER_P_POST_LOGOUT_REDIRECT_URI));
	return issuer_exchange_ask(exchange, answer, &verify, take_end);
}

/* A form without a seal is a client's request, as the query is; the decision is made on our page alone. */
enum issuer_turn
issuer_logout(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	bool is_form = issuer_exchange_is(exchange, "POST");
	const char *fault = is_form ? issuer_exchange_read_form(exchange) : issuer_exchange_read_query(exchange);

	issuer_exchange_read_cookies(exchange);
	if (fault != NULL || !issuer_parameters_are_single(&exchange->parameters))
		return issuer_page_message(exchange, answer, MHD_HTTP_BAD_REQUEST, "This link does not work",
		    mm_slice_str("The request cannot be read."));
	if (is_form && mm_slice_present(issuer_exchange_parameter(exchange, ISSUER_P_SEAL)))
		return end_session(exchange, answer);
	read_client(exchange);
	return ask_page(exchange, answer);
}
