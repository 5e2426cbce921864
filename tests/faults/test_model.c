/*
 * The paid-call protocol holds in every order of events, and without any one of its rules it does not.
 */
#include "tests/faults/model.h"

#include "tests/harness/test_main.h"

TEST(model_holds_in_every_order)
{
	struct model_result result;

	model_explore(MODEL_AS_BUILT, &result);
	CHECK(!result.twice_billed);
	CHECK(!result.stale_finish);
	CHECK(!result.stuck);
	/* a model that hardly moves would hold as well */
	CHECK(result.states > 1000);
}

TEST(model_breaks_without_any_one_rule)
{
	static const struct {
		enum model_variant variant;
		bool twice_billed, stale_finish, stuck;
	} rows[] = {
	    {.variant = MODEL_SEND_BEFORE_COMMIT, .twice_billed = true},
	    {.variant = MODEL_SENDING_UNFLUSHED, .twice_billed = true},
	    {.variant = MODEL_RESCUE_SENDS_AGAIN, .twice_billed = true},
	    {.variant = MODEL_TIMEOUT_SENDS_AGAIN, .twice_billed = true},
	    {.variant = MODEL_SILENCE_SENDS_AGAIN, .twice_billed = true},
	    {.variant = MODEL_FINISH_UNFENCED, .stale_finish = true},
	    {.variant = MODEL_TOKEN_FROM_SEQUENCE, .stale_finish = true},
	    {.variant = MODEL_RESCUE_FORGETS_INTENT, .stuck = true},
	    {.variant = MODEL_VOID_UNFENCED, .twice_billed = true},
	};

	CHECK_INT(ARRAY_LEN(rows), MODEL__COUNT - 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct model_result result;

		model_explore(rows[i].variant, &result);
		if (!CHECK(!rows[i].twice_billed || result.twice_billed) ||
		    !CHECK(!rows[i].stale_finish || result.stale_finish) || !CHECK(!rows[i].stuck || result.stuck))
			(void)fprintf(stderr, "not found: %s\n", model_variant_name(rows[i].variant));
	}
}

TEST_MAIN(ROW(model_holds_in_every_order), ROW(model_breaks_without_any_one_rule))
