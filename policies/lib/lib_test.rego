package countersign.lib_test

import rego.v1

import data.countersign.lib

day := 86400

test_now_is_the_instant_of_the_evaluation if {
	lib.now == 5 with data.countersign.as_of as 5
}

test_days_are_whole if {
	lib.days_between(0, day) == 1
	lib.days_between(0, day - 1) == 0
	lib.days_between(day, 0) == -1
	lib.days_between(day, 1) == -1
}

test_days_until_and_since if {
	lib.days_until(259200) == 2 with data.countersign.as_of as 86400
	lib.days_since(0) == 1 with data.countersign.as_of as 86400
}

test_no_days_without_an_instant if {
	not lib.days_until(5)
}

test_whose_an_id_is if {
	lib.is_person("person:ann")
	not lib.is_person("service:bot")
	lib.is_service("service:bot")
	not lib.is_service("account:erp/X")
}

subject := {"duties": [
	{"id": "PAY", "system": "erp", "held": "certain"},
	{"id": "VBANK", "system": "erp", "held": "conditional"},
]}

test_what_is_held if {
	lib.holds(subject, "PAY")
	not lib.holds(subject, "VBANK")
	not lib.holds(subject, "OTHER")
	lib.holds_in(subject, "PAY", "erp")
	not lib.holds_in(subject, "PAY", "crm")
}

test_words_in_a_sentence if {
	lib.listed([]) == ""
	lib.listed(["a"]) == "a"
	lib.listed({"b", "a"}) == "a and b"
	lib.listed(["a", "b", "c"]) == "a, b and c"
}
