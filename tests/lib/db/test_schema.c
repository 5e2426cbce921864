/*
 * The database as it is after migrating: described, closed, and with every statement of lib/db fitting it under the
 * role that uses it.
 */
#include <stdio.h>
#include <string.h>

#include "lib/db/db_priv.h"
#include "lib/db/noun_priv.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

extern const struct db_stmt_row stats_statements[];

static const struct db_stmt_row *const lists[] = {adcache_statements, apikey_statements, asset_collect_statements,
    asset_statements, cost_statements, draft_statements, event_statements, idem_statements, job_statements,
    job_view_statements, jobwait_statements, ledger_statements, limit_statements, migrate_statements,
    project_statements, job_attention_statements, provider_statements, providercall_statements, render_statements,
    session_read_statements, session_start_statements, session_statements, share_statements, stats_statements,
    user_statements, user_token_statements, webhook_statements, worker_statements};

static const struct {
	char letter;
	const char *role;
} roles[] = {
    {'a', "framewright_api"}, {'r', "framewright_renderd"}, {'e', "framewright_eventd"}, {'c', "framewright_ctl"}};

/* Names of what a query finds, one line; empty is what every test here wants. */
#define CHECK_NONE(query) \
	CHECK_STR(test_sql_text("select coalesce(string_agg(t.name::text, ', ' order by t.name), '') from (" query \
				") t (name)"), \
	    "")

TEST(every_statement_is_accepted_under_its_roles)
{
	int prepared = 0;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		for (const struct db_stmt_row *row = lists[i]; row->stmt != NULL; row++) {
			for (size_t r = 0; r < ARRAY_LEN(roles); r++) {
				struct error err = {0};
				if (strchr(row->roles, roles[r].letter) == NULL)
					continue;
				const char *sql =
				    arena_printf(test_arena(), "prepare %s as %s", row->stmt->name, row->stmt->sql);
				CHECK_OK(db_script(test_db(roles[r].role), row->stmt->name, sql, &err), &err);
				prepared++;
			}
		}
	}
	CHECK(prepared > 80);
}

TEST(every_statement_has_a_name_of_its_own_and_counts_its_parameters)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		for (const struct db_stmt_row *row = lists[i]; row->stmt != NULL; row++) {
			int most = 0;
			for (const char *p = row->stmt->sql; (p = strchr(p, '$')) != NULL; p++) {
				int n = 0;
				if (sscanf(p, "$%d", &n) == 1 && n > most)
					most = n;
			}
			if (!CHECK_INT(row->stmt->nparams, most))
				fprintf(stderr, "%s\n", row->stmt->name);
			for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
				for (const struct db_stmt_row *other = lists[k]; other->stmt != NULL; other++)
					CHECK(other->stmt == row->stmt ||
					      strcmp(other->stmt->name, row->stmt->name) != 0);
			}
		}
	}
}

/* Executing needs rights that preparing does not ask for: every function a role's statement calls must be granted to
 * it. */
TEST(every_statement_may_be_executed_by_its_roles)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		for (const struct db_stmt_row *row = lists[i]; row->stmt != NULL; row++) {
			for (size_t r = 0; r < ARRAY_LEN(roles); r++) {
				struct error err = {0};
				if (strchr(row->roles, roles[r].letter) == NULL)
					continue;
				struct buf sql = BUF_INIT(64 * KIB);
				buf_printf(&sql, "prepare x as %s; explain (costs off) execute x", row->stmt->sql);
				for (int n = 0; n < row->stmt->nparams; n++)
					buf_puts(&sql, n == 0 ? "(null" : ", null");
				buf_puts(&sql, row->stmt->nparams > 0 ? "); deallocate x" : "; deallocate x");
				struct db *db = test_db(roles[r].role);
				if (db_script(db, row->stmt->name, buf_str(&sql), &err) < 0) {
					/* what null parameters make of it is no concern here, rights are */
					if (!CHECK(strcmp(err.sqlstate, "42501") != 0))
						fprintf(stderr, "%s: %s\n", roles[r].role, err.text);
					error_clear(&err);
					if (db_script(db, "deallocate", "deallocate x", &err) < 0)
						error_clear(&err);
				}
				buf_done(&sql);
			}
		}
	}
}

TEST(every_table_and_column_is_described)
{
	CHECK_NONE("select c.relname from pg_class c where c.relnamespace = 'framewright'::regnamespace and c.relkind "
		   "in ('r', 'p', 'v')"
		   " and not c.relispartition and obj_description(c.oid, 'pg_class') is null");
	CHECK_NONE(
	    "select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and "
	    "a.attnum > 0 and not "
	    "a.attisdropped"
	    " where c.relnamespace = 'framewright'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
	    " and col_description(c.oid, a.attnum) is null");
	CHECK(test_sql_int("select count(*) from pg_tables where schemaname = 'framewright'") > 30);
}

TEST(every_index_says_who_needs_it)
{
	CHECK_NONE("select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid"
		   " where c.relnamespace = 'framewright'::regnamespace and not c.relispartition"
		   " and not exists (select from pg_constraint k where k.conindid = i.indexrelid)"
		   " and obj_description(i.indexrelid, 'pg_class') is null");
}

TEST(every_table_is_closed_by_row_level_security)
{
	CHECK_NONE("select relname from pg_class where relnamespace = 'framewright'::regnamespace and relkind in ('r', "
		   "'p') and not "
		   "relrowsecurity");
	CHECK_NONE(
	    "select viewname from pg_views v join pg_class c on c.relname = v.viewname and c.relnamespace = "
	    "'framewright'::regnamespace"
	    " where v.schemaname = 'framewright' and not coalesce(c.reloptions @> '{security_invoker=true}', false)");
}

TEST(definer_functions_fix_their_search_path)
{
	CHECK_NONE("select proname from pg_proc where pronamespace = 'framewright'::regnamespace and prosecdef"
		   " and not coalesce(proconfig::text like '%%search_path=framewright, pg_temp%%', false)");
	CHECK_NONE("select proname from pg_proc where pronamespace = 'framewright'::regnamespace"
		   " and has_function_privilege('public', oid, 'execute')");
}

TEST(every_finishing_function_exists)
{
	CHECK_NONE("select k.name from job_kind k where k.on_finish is not null and not exists (select from pg_proc p"
		   " where p.proname = k.on_finish and p.pronamespace = 'framewright'::regnamespace"
		   " and p.proargtypes[0] = 'job'::regtype and p.proargtypes[1] = 'text'::regtype and p.proargtypes[2] "
		   "= 'jsonb'::regtype"
		   " and p.pronargs = 3)");
}

TEST(roles_are_not_superior)
{
	CHECK_NONE("select rolname from pg_roles where rolname ~ '^framewright_' and (rolsuper or rolbypassrls or "
		   "rolcreaterole or rolcreatedb)");
	CHECK_NONE(
	    "select r.rolname from pg_roles r where r.rolname ~ '^framewright_' and r.rolname <> 'framewright_owner'"
	    " and (has_schema_privilege(r.rolname, 'framewright', 'create') or pg_has_role(r.rolname, "
	    "'framewright_owner', 'member'))");
}

TEST(roles_cannot_do_what_they_should_not)
{
	static const struct {
		const char *role;
		const char *sql;
	} rows[] = {
	    {"framewright_api", "select password_hash from users"},
	    {"framewright_api", "select key_hash from api_key"},
	    {"framewright_api", "select token_hash from refresh_token"},
	    {"framewright_api", "select * from ticket"},
	    {"framewright_api", "select lease from job_lease"},
	    {"framewright_api", "update project set total_micros = 0"},
	    {"framewright_api", "update job set state = 'ready'"},
	    {"framewright_api", "insert into ledger (agent, provider, model, price_micros, charged_micros) values "
				"('a', 'b', 'c', 1, 1)"},
	    {"framewright_api", "delete from event"},
	    {"framewright_api", "select job_claim(1, 'plain', '{1}')"},
	    {"framewright_api", "select tick()"},
	    {"framewright_api", "select event_add(gen_random_uuid(), '{}')"},
	    {"framewright_api", "select job_add('store.collect', null, null)"},
	    {"framewright_api", "select ledger_add(null, null, null, 'a', 'b', 'c', 1)"},
	    {"framewright_api", "select job_apply('{1}', '{done}', '{null}')"},
	    {"framewright_renderd", "select * from users"},
	    {"framewright_renderd", "select * from api_key"},
	    {"framewright_renderd", "update users set role = 'admin'"},
	    {"framewright_renderd", "update ledger set price_micros = 0"},
	    {"framewright_renderd", "select job_apply('{1}', '{done}', '{null}')"},
	    {"framewright_renderd", "drop table job"},
	    {"framewright_eventd", "select password_hash from users"},
	    {"framewright_eventd", "insert into event (project_id, seq, payload) values (gen_random_uuid(), 1, '{}')"},
	    {"framewright_eventd", "update project set title = 'x'"},
	    {"framewright_eventd", "select * from asset"},
	    {"framewright_ctl", "update ledger set price_micros = 0"},
	    {"framewright_ctl", "delete from job"},
	    {"framewright_ctl", "create table framewright.mine (id int)"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		if (!CHECK_FAILS(db_script(test_db(rows[i].role), "forbidden", rows[i].sql, &err), &err, ERR_FORBIDDEN))
			fprintf(stderr, "%s: %s: %s\n", rows[i].role, rows[i].sql, err.text);
	}
}

TEST(api_sees_the_callers_rows_only)
{
	static const struct {
		const char *table;
		int mine;
	} rows[] = {{"project", 1}, {"ad_session", 1}, {"asset", 1}, {"job", 1}, {"event", 1}, {"ledger", 1},
	    {"sessions", 1}, {"generation_costs", 1}, {"progress_events", 1}, {"job_public", 1}};
	static const struct db_stmt counts[ARRAY_LEN(rows)] = {{"c0", "select count(*) from project", 0},
	    {"c1", "select count(*) from ad_session", 0}, {"c2", "select count(*) from asset", 0},
	    {"c3", "select count(*) from job", 0}, {"c4", "select count(*) from event", 0},
	    {"c5", "select count(*) from ledger", 0}, {"c6", "select count(*) from sessions", 0},
	    {"c7", "select count(*) from generation_costs", 0}, {"c8", "select count(*) from progress_events", 0},
	    {"c9", "select count(*) from job_public", 0}};
	struct db *api = test_db("framewright_api");
	const int owner = test_db_user("owner@example.com");
	const int stranger = test_db_user("stranger@example.com");
	const int member = test_db_user("member@example.com");
	const char *project = test_db_project(owner);
	test_sql("insert into blob values (repeat('0', 64), 1, 'image/png');"
		 "insert into asset (id, project_id, owner_id, kind, sha256, source) values ('img_0123456789abcdef', "
		 "'%s', %d, 'image', repeat('0', "
		 "64), 'generated');"
		 "insert into project_member values ('%s', %d, 'viewer');"
		 "select job_add('store.collect', %d, '%s'); select event_add('%s', '{}');"
		 "select ledger_add('%s', %d, null, 'compositor', 'local', 'ffmpeg', 1)",
	    project, owner, project, member, owner, project, project, project, owner);
	const int callers[] = {owner, member, stranger, 0};
	for (size_t c = 0; c < ARRAY_LEN(callers); c++) {
		db_caller(api, callers[c]);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
			struct error err = {0};
			CHECK_OK(db_run(api, &counts[i], DB_NO_ARGS, DB_ONE, &res, &err), &err);
			if (res.count != 1)
				continue;
			struct db_row row = db_row(&res, 0);
			if (!CHECK_INT(db_get_int(&row), c < 2 ? rows[i].mine : 0))
				fprintf(stderr, "caller %zu, %s\n", c, rows[i].table);
		}
	}
	/* hidden once deleted, for the owner too */
	test_sql("update project set deleted_at = now() where id = '%s'", project);
	db_caller(api, owner);
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct error err = {0};
	CHECK_OK(db_run(api, &counts[5], DB_NO_ARGS, DB_ONE, &res, &err), &err);
	struct db_row row = db_row(&res, 0);
	CHECK_INT(db_get_int(&row), 0);
	CHECK_INT(test_sql_int("select count(*) from ledger"), 1);
	db_caller(api, 0);
}

TEST(prices_are_those_of_the_specification)
{
	static const struct {
		const char *model;
		int64_t micros;
	} rows[] = {{"prompt_parser", 1000}, {"scene_planner", 1000}, {"flux-pro", 50000}, {"sdxl", 10000},
	    {"stable-video-diffusion", 800000}, {"runway-gen2", 1500000}, {"stock-music", 0},
	    {"generated-music", 300000}, {"compositor", 500000}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(
		    test_sql_int("select coalesce((select micros from price where model = '%s'), -1)", rows[i].model),
		    rows[i].micros);
}

/* Heartbeats must stay HOT: an index on anything they change would end that. */
TEST(heartbeats_change_no_indexed_column)
{
	CHECK_NONE("select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid"
		   " where i.indrelid = 'framewright.job_lease'::regclass and not i.indisprimary");
	CHECK_INT(test_sql_int("select count(*) from pg_class where oid = 'framewright.job_lease'::regclass and "
			       "reloptions @> '{fillfactor=50}'"),
	    1);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(every_statement_is_accepted_under_its_roles),
    ROW(every_statement_has_a_name_of_its_own_and_counts_its_parameters),
    ROW(every_statement_may_be_executed_by_its_roles), ROW(every_table_and_column_is_described),
    ROW(every_index_says_who_needs_it), ROW(every_table_is_closed_by_row_level_security),
    ROW(definer_functions_fix_their_search_path), ROW(every_finishing_function_exists), ROW(roles_are_not_superior),
    ROW(roles_cannot_do_what_they_should_not), ROW(api_sees_the_callers_rows_only),
    ROW(prices_are_those_of_the_specification), ROW(heartbeats_change_no_indexed_column))
