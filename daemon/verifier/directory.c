/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory: every user who may sign in, as JSON.
 */
#include "daemon/verifier/directory.h"

#include "daemon/verifier/control.h"
#include "daemon/verifier/scope.h"
#include "daemon/verifier/table_user.h"
#include "engine/json_writer.h"

static void
write_user(struct mm_json_writer *writer, const struct verifier_user *user)
{
	struct mm_slice delegate;
	size_t at = 0;

	mm_json_begin_object(writer, NULL);
	mm_json_add_slice(writer, "tenant", mm_mint_text_get(&user->tenant));
	mm_json_add_slice(writer, "subject", mm_mint_text_get(&user->subject));
	mm_json_add_slice(writer, "mailbox", mm_mint_text_get(&user->username));
	mm_json_begin_array(writer, "delegates");
	while (verifier_words_next(mm_mint_text_get(&user->delegates), &at, &delegate))
		mm_json_add_slice(writer, NULL, delegate);
	mm_json_end_array(writer);
	mm_json_end_object(writer);
}

void
verifier_directory_write(struct verifier *verifier, struct mm_buf *buf)
{
	struct mm_json_writer writer;
	struct verifier_user user;
	bool started = false;

	mm_json_writer_init(&writer, buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_begin_array(&writer, "users");
	while (verifier_user_next(&verifier->table, &started, &user))
		if (!user.disabled &&
		    verifier_tenant_find(&verifier->realm, mm_mint_text_get(&user.tenant)) != NULL)
			write_user(&writer, &user);
	mm_json_end_array(&writer);
	mm_json_end_object(&writer);
}

bool
verifier_directory_send(struct verifier *verifier)
{
	struct mm_buf buf;
	bool sent = false;

	mm_buf_init(&buf, VERIFIER_DIRECTORY_LEN_MAX);
	verifier_directory_write(verifier, &buf);
	/* Half a directory would be one of others: the gates keep what they have. */
	if (verifier->table.failed || !mm_buf_ok(&buf))
		verifier_control_alarm("the directory cannot be written: it is too large, or the table cannot be read");
	else
		sent = verifier_control_send_directory(mm_slice(buf.data, buf.len));
	mm_buf_clear(&buf);
	return sent;
}
