/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unified audit log's records, also as other tables have them: what is common to all.
 */
#ifndef MM_ENGINE_LOGS_SHAPE_M365_H
#define MM_ENGINE_LOGS_SHAPE_M365_H

#include "engine/logs/shape.h"

/* Values with details of their own; absent ones are of no type. */
struct mm_logs_m365_details {
	struct mm_json_value operation;
	struct mm_json_value user_type;
	struct mm_json_value result;
	struct mm_json_value operation_properties;
	struct mm_json_value folders;
	struct mm_json_value item;
	struct mm_json_value affected_items;
	struct mm_json_value context; /* AppAccessContext */
	struct mm_json_value parameters;
	struct mm_json_value extended_properties;
	struct mm_json_value modified_properties;
	struct mm_json_value device_properties;
	struct mm_json_value actors;
	struct mm_json_value targets;
	struct mm_json_value session; /* SessionId */
	struct mm_json_value request; /* IntraSystemId */
	struct mm_json_value object;  /* ObjectId */
};

/*
 * Make an event of a record: members and values as of its shape, details out of them. What the members say is set, in
 * their order, between what the operation says and what the details say.
 */
enum mm_logs_outcome mm_logs_m365_read(struct mm_logs_reader *reader, const struct mm_logs_member *members,
    size_t count, const struct mm_json_value *values, const struct mm_logs_m365_details *details,
    struct mm_logs_event *event);

/* Folders and messages of a record. */
void mm_logs_m365_items(struct mm_logs_reader *reader, const struct mm_logs_m365_details *details,
    struct mm_logs_item_list *list);

/* The shape of AuditData. */
extern const struct mm_logs_shape mm_logs_shape_m365;

#endif
