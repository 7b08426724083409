/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decide a token with libmintmark:  decide JWKS-FILE ISSUER AUDIENCE TOKEN
 * Prints whose token it is and ends with 0, or prints why it is denied and ends with 1.
 */
#include <mintmark.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void
print_note(void *ctx, const struct mm_note *note)
{
	(void)fprintf(ctx, "%s: %s; %s\n", note->where, note->text, note->mend);
}

static struct mm_trust *
make_trust(struct mm_slice jwks, const char *issuer, const char *audience)
{
	const struct mm_realm_settings realm = { .name = "users", .issuer = issuer, .keys = "keys" };
	const struct mm_service_settings service = { .name = "app", .audience = audience,
		.realms = (const char *const[]){ "users", NULL } };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct mm_trust *trust = NULL;
	void *snapshot;
	size_t len;

	if (builder != NULL && mm_trust_builder_add_document(builder, "keys", jwks, MM_DOCUMENT_FILE) &&
	    mm_trust_builder_add_realm(builder, &realm) && mm_trust_builder_add_service(builder, &service) &&
	    mm_trust_builder_compile(builder, 1, print_note, stderr, &snapshot, &len)) {
		trust = mm_trust_load(snapshot, len, NULL);
		free(snapshot);
	}
	mm_trust_builder_free(&builder);
	return trust;
}

int
main(int argc, char **argv)
{
	static char jwks[65536];
	FILE *file = argc == 5 ? fopen(argv[1], "rb") : NULL;
	size_t len = file != NULL ? fread(jwks, 1, sizeof(jwks), file) : 0;
	struct mm_trust *trust = len > 0 ? make_trust(mm_slice(jwks, len), argv[2], argv[3]) : NULL;
	struct mm_decision *decision = mm_decision_new();

	if (trust == NULL || decision == NULL)
		return 2;
	const struct mm_request request = { .service = mm_trust_find_service(trust, mm_slice_str("app")),
		.token = mm_slice_str(argv[4]), .now_s = time(NULL) };
	bool allowed = mm_allowed(mm_decide(trust, &request, decision));
	struct mm_slice subject = mm_decision_fact(decision, MM_FACT_SUBJECT);
	if (allowed)
		(void)printf("%.*s\n", (int)subject.len, subject.ptr);
	else
		(void)printf("denied: %s\n", mm_reason_text(mm_decision_reason(decision)));
	return allowed ? 0 : 1;
}
