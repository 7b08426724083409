/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark client list|show|add|change|disable.
 */
#include "daemon/verifier/assertion.h"
#include "daemon/verifier/operator.h"
#include "daemon/verifier/redirect.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/scope.h"
#include "daemon/verifier/secret.h"
#include "daemon/verifier/table_client.h"
#include "daemon/verifier/table_spent.h"
#include "daemon/verifier/table_user.h"
#include "lib/codec/utf8.h"

#include <string.h>

static const struct mm_slice grants_known = { "code refresh client_credentials device exchange", 47 };

/* ---- seeing ---- */

static const char *
kind_of_proof(const struct verifier_client_row *row)
{
	const struct verifier_client *client = &row->client;

	if (!client->confidential)
		return "none";
	if (row->jwks.len > 0)
		return "private_key_jwt";
	if (client->has_certificate || client->certificate_subject.len > 0)
		return "tls_client_auth";
	return "client_secret";
}

static void
write_client(struct mm_json_writer *writer, const char *name, const struct verifier_client_row *row)
{
	const struct verifier_client *client = &row->client;

	mm_json_begin_object(writer, name);
	mm_json_add_slice(writer, "client", mm_mint_text_get(&client->id));
	mm_json_add_slice(writer, "name", mm_mint_text_get(&client->name));
	mm_json_add_slice(writer, "tenant", mm_mint_text_get(&client->tenant));
	mm_json_add_bool(writer, "confidential", client->confidential);
	mm_json_add_str(writer, "authenticates_by", kind_of_proof(row));
	mm_json_add_bool(writer, "consent", client->consent);
	mm_json_add_bool(writer, "disabled", client->disabled);
	verifier_write_words(writer, "grants", mm_mint_text_get(&client->grants));
	verifier_write_words(writer, "scopes", mm_mint_text_get(&client->scopes));
	verifier_write_words(writer, "audiences", mm_mint_text_get(&client->audiences));
	verifier_write_words(writer, "redirects", mm_mint_text_get(&client->redirects));
	verifier_write_words(writer, "logouts", mm_mint_text_get(&client->logouts));
	mm_json_add_int(writer, "created", client->created_s);
	mm_json_add_int(writer, "changed", client->changed_s);
	mm_json_end_object(writer);
}

static const char *
list(struct verifier *verifier, struct mm_json_writer *writer)
{
	struct verifier_client_row row;
	bool started = false;

	mm_json_begin_object(writer, NULL);
	mm_json_add_bool(writer, "done", true);
	mm_json_add_slice(writer, "realm", verifier->realm.name);
	mm_json_begin_array(writer, "clients");
	while (verifier_client_next(&verifier->table, &started, &row))
		write_client(writer, NULL, &row);
	mm_json_end_array(writer);
	mm_json_end_object(writer);
	return NULL;
}

static const char *
show(struct verifier *verifier, const struct verifier_client_row *row, struct mm_json_writer *writer)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_bool(writer, "done", true);
	mm_json_add_slice(writer, "realm", verifier->realm.name);
	write_client(writer, "client", row);
	verifier_write_changes(verifier, writer, mm_mint_text_get(&row->client.id));
	mm_json_end_object(writer);
	return NULL;
}

/* ---- what is stated ---- */

static const char *
take_digest(struct mm_slice text, bool *has, uint8_t digest[MM_DIGEST_LEN])
{
	*has = text.len > 0;
	if (*has && !verifier_secret_read(text, digest))
		return "a digest is not 32 bytes in base64url";
	return NULL;
}

static const char *
take_proofs(const struct mm_ask_client *ask, struct verifier_client_row *row)
{
	struct verifier_client *client = &row->client;
	const char *why = NULL;

	if ((ask->stated & MM_STATED_SECRET) != 0)
		why = take_digest(mm_mint_text_get(&ask->secret), &client->has_secret, client->secret);
	if (why == NULL && (ask->stated & MM_STATED_CERTIFICATE) != 0)
		why = take_digest(mm_mint_text_get(&ask->certificate), &client->has_certificate, client->certificate);
	if ((ask->stated & MM_STATED_CERTIFICATE_SUBJECT) != 0)
		verifier_text_put(&client->certificate_subject, mm_mint_text_get(&ask->certificate_subject));
	if ((ask->stated & MM_STATED_JWKS) != 0)
		verifier_text_put(&row->jwks, mm_mint_text_get(&ask->jwks));
	return why;
}

static const char *
take_stated(const struct mm_ask_client *ask, struct verifier_client_row *row)
{
	struct verifier_client *client = &row->client;

	if ((ask->stated & MM_STATED_NAME) != 0)
		verifier_text_put(&client->name, mm_mint_text_get(&ask->name));
	if ((ask->stated & MM_STATED_TENANT) != 0)
		verifier_text_put(&client->tenant, mm_mint_text_get(&ask->tenant));
	if ((ask->stated & MM_STATED_KIND) != 0)
		client->confidential = ask->confidential != 0;
	if ((ask->stated & MM_STATED_CONSENT) != 0)
		client->consent = ask->consent != 0;
	if ((ask->stated & MM_STATED_DISABLED) != 0)
		client->disabled = ask->disabled != 0;
	if ((ask->stated & MM_STATED_GRANTS) != 0)
		verifier_text_put(&client->grants, mm_mint_text_get(&ask->grants));
	if ((ask->stated & MM_STATED_SCOPES) != 0)
		verifier_text_put(&client->scopes, mm_mint_text_get(&ask->scopes));
	if ((ask->stated & MM_STATED_AUDIENCES) != 0)
		verifier_text_put(&client->audiences, mm_mint_text_get(&ask->audiences));
	if ((ask->stated & MM_STATED_REDIRECTS) != 0)
		verifier_text_put(&client->redirects, mm_mint_text_get(&ask->redirects));
	if ((ask->stated & MM_STATED_LOGOUTS) != 0)
		verifier_text_put(&client->logouts, mm_mint_text_get(&ask->logouts));
	return take_proofs(ask, row);
}

/* ---- rules ---- */

static bool
has_grant(const struct verifier_client *client, const char *grant)
{
	return verifier_words_have(mm_mint_text_get(&client->grants), mm_slice_str(grant));
}

static const char *
check_proofs(const struct verifier_client_row *row)
{
	const struct verifier_client *client = &row->client;
	unsigned proofs = (client->has_secret ? 1U : 0U) + (row->jwks.len > 0 ? 1U : 0U) +
	    (client->has_certificate || client->certificate_subject.len > 0 ? 1U : 0U);
	struct verifier_keys keys;
	const char *why = NULL;

	if (!client->confidential)
		return proofs == 0 ? NULL : "a public client has no secret, keys or certificate";
	if (proofs != 1)
		return "a confidential client has one of: a secret, keys (--jwks), a certificate";
	if (row->jwks.len > 0) {
		why = verifier_keys_read(mm_mint_text_get(&row->jwks), &keys);
		if (why == NULL)
			verifier_keys_clear(&keys);
	}
	return why;
}

static const char *
check_grants(const struct verifier_client *client)
{
	struct mm_slice grants = mm_mint_text_get(&client->grants);

	if (grants.len == 0 || !verifier_words_check(grants) || !verifier_words_within(grants, grants_known))
		return "the grants are some of: code refresh client_credentials device exchange";
	if (!client->confidential && (has_grant(client, "client_credentials") || has_grant(client, "exchange")))
		return "client_credentials and exchange are for confidential clients";
	if (has_grant(client, "refresh") && !has_grant(client, "code") && !has_grant(client, "device"))
		return "refresh goes with code or device";
	return NULL;
}

static const char *
check_uris(struct mm_slice list)
{
	struct mm_slice uri;
	size_t at = 0;

	while (verifier_words_next(list, &at, &uri))
		if (uri.len > MM_SIGN_IN_URI_LEN_MAX || !verifier_redirect_check(uri))
			return "a redirect URI is neither https, nor http of a loopback address, nor an application's";
	return verifier_words_check(list) ? NULL : "a redirect URI stands there twice, or is malformed";
}

static const char *
check_targets(const struct verifier *verifier, const struct verifier_client *client)
{
	struct mm_slice audience;
	size_t at = 0;

	if (client->audiences.len == 0)
		return "name at least one audience: that of a service which accepts this realm";
	while (verifier_words_next(mm_mint_text_get(&client->audiences), &at, &audience))
		if (verifier_service_by_audience(&verifier->realm, audience) == NULL)
			return "no service that accepts this realm has this audience";
	return verifier_words_check(mm_mint_text_get(&client->audiences)) ? NULL : "an audience stands there twice";
}

static const char *
check_texts(const struct verifier *verifier, const struct verifier_client *client)
{
	struct mm_slice name = mm_mint_text_get(&client->name), tenant = mm_mint_text_get(&client->tenant);

	for (size_t at = 0, len; at < name.len; at += len) {
		len = mm_utf8_decode(name.ptr + at, name.len - at, NULL);
		if (len == 0 || (unsigned char)name.ptr[at] < 0x20 || name.ptr[at] == 0x7f)
			return "the name to be shown is no text";
	}
	if (tenant.len > 0 && verifier_tenant_find(&verifier->realm, tenant) == NULL)
		return "there is no such tenant";
	return verifier_words_check(mm_mint_text_get(&client->scopes)) ? NULL : "the scopes are no list of scopes";
}

static const char *
check_client(const struct verifier *verifier, const struct verifier_client_row *row)
{
	const struct verifier_client *client = &row->client;
	const char *why = check_texts(verifier, client);

	if (why == NULL)
		why = check_proofs(row);
	if (why == NULL)
		why = check_grants(client);
	if (why == NULL)
		why = check_uris(mm_mint_text_get(&client->redirects));
	if (why == NULL)
		why = check_uris(mm_mint_text_get(&client->logouts));
	if (why == NULL)
		why = check_targets(verifier, client);
	if (why == NULL && has_grant(client, "code") && client->redirects.len == 0)
		why = "the grant code needs a redirect URI (--redirect)";
	return why;
}

/*
 * Whether it is, or could be, a user's subject: a client's own token has the client as 'sub', and the directory would
 * open that user's mailbox for it (RFC 9068 section 5).
 */
static bool
looks_like_subject(struct mm_slice id)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (size_t i = 0; i < id.len; i++)
		if (memchr(alphabet, id.ptr[i], sizeof(alphabet) - 1) == NULL)
			return false;
	return id.len == VERIFIER_ID_TEXT_LEN;
}

/* Printable ASCII without spaces. */
static const char *
check_id(struct verifier *verifier, struct mm_slice id)
{
	struct verifier_user user;

	if (id.len == 0 || id.len > VERIFIER_CLIENT_LEN_MAX || !verifier_words_check(id) ||
	    memchr(id.ptr, ' ', id.len) != NULL || memchr(id.ptr, ':', id.len) != NULL)
		return "a client's id has 1 to 64 printable characters without ':'";
	if (looks_like_subject(id) || verifier_user_by_subject(&verifier->table, id, &user))
		return "22 characters of base64url are a user's subject: choose another id";
	return NULL;
}

/* ---- changing ---- */

#define PROOFS (MM_STATED_SECRET | MM_STATED_JWKS | MM_STATED_CERTIFICATE | MM_STATED_CERTIFICATE_SUBJECT)

static const char *
put(struct verifier *verifier, const struct mm_mint_ask *head, const char *verb, uint32_t stated,
    struct verifier_client_row *row, struct mm_json_writer *writer)
{
	struct verifier_client *client = &row->client;

	client->changed_s = verifier->now_s;
	client->version++;
	if (!verifier_client_put(&verifier->table, row))
		return "the client cannot be written down";
	if (client->disabled)
		verifier_end_client(verifier, mm_mint_text_get(&client->id));
	else if ((stated & PROOFS) != 0 && client->version > 1)
		/* RFC 9068 section 2.2: what the older secret got for the client itself has it as 'sub'. */
		verifier_revoke(verifier, MM_REVOKED_SUBJECT, mm_mint_text_get(&client->id), MM_SLICE_ABSENT);
	verifier_change_add(&verifier->table, verifier->now_s, head->uid, verb, mm_mint_text_get(&client->id),
	    verifier_stated_words(stated));
	return show(verifier, row, writer);
}

static const char *
add(struct verifier *verifier, const struct mm_mint_ask *head, const struct mm_ask_client *ask,
    struct mm_json_writer *writer)
{
	static struct verifier_client_row row;
	struct mm_slice id = mm_mint_text_get(&ask->id);
	const char *why = check_id(verifier, id);

	if (why != NULL)
		return why;
	if (verifier_client_by_id(&verifier->table, id, &row))
		return "there is a client of this id";
	memset(&row, 0, sizeof(row));
	row.client.created_s = verifier->now_s;
	if (!mm_mint_text_set(&row.client.id, id))
		return "the id is too long";
	why = take_stated(ask, &row);
	if (why == NULL)
		why = check_client(verifier, &row);
	return why != NULL ? why : put(verifier, head, "add", ask->stated, &row, writer);
}

/* One way to authenticate replaces the other. */
static void
replace_proof(const struct mm_ask_client *ask, struct verifier_client_row *row)
{
	if ((ask->stated & PROOFS) == 0)
		return;
	row->client.has_secret = row->client.has_certificate = false;
	verifier_text_put(&row->jwks, MM_SLICE_ABSENT);
	verifier_text_put(&row->client.certificate_subject, MM_SLICE_ABSENT);
}

static const char *
change(struct verifier *verifier, const struct mm_mint_ask *head, const struct mm_ask_client *ask,
    struct verifier_client_row *row, struct mm_json_writer *writer)
{
	const char *why;

	if (ask->stated == 0)
		return "say what to change";
	replace_proof(ask, row);
	why = take_stated(ask, row);
	if (why == NULL)
		why = check_client(verifier, row);
	return why != NULL ? why : put(verifier, head, "change", ask->stated, row, writer);
}

const char *
verifier_operator_client(struct verifier *verifier, const struct mm_mint_ask *head, const struct mm_ask_client *ask,
    struct mm_json_writer *writer)
{
	static struct verifier_client_row row;
	struct mm_slice id = mm_mint_text_get(&ask->id);

	if (head->verb == MM_MINT_VERB_CLIENT_LIST && id.len == 0)
		return list(verifier, writer);
	if (head->verb == MM_MINT_VERB_CLIENT_ADD)
		return add(verifier, head, ask, writer);
	if (!verifier_client_by_id(&verifier->table, id, &row))
		return "there is no client of this id";
	if (head->verb == MM_MINT_VERB_CLIENT_CHANGE)
		return change(verifier, head, ask, &row, writer);
	if (head->verb != MM_MINT_VERB_CLIENT_DISABLE)
		return show(verifier, &row, writer);
	row.client.disabled = true;
	return put(verifier, head, "disable", MM_STATED_DISABLED, &row, writer);
}
