"""Cues of the flow of talk: a new task, a request, an end, references; English, Arabic, Arabic in Latin letters."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Literal

from actors.language.flow.words import PhraseBook

Cue = Literal[
    "new",
    "opener",
    "thanks",
    "end",
    "done",
    "more",
    "same",
    "other",
    "fault",
    "mine",
    "chase",
    "detail",
    "appliance",
    "pending",
]

_CUES: Final[dict[Cue, str]] = {
    # The speaker puts another task beside or after the one before.
    "new": "also; as well; besides; besides that; in addition; additionally; another thing; one more thing;"
    " something else; one other thing; other thing; next; next up; by the way; btw; on another note;"
    " different question; another question; another matter; separate question; separate matter; separately; while"
    " i'm at it; while you're at it; while i am there; while i'm there; now i; now i'd; now i need; now i want;"
    " now can you; now could you; now find; now let's; after that; too; moving on; apart from that; other than that;"
    " plus; and then; furthermore; lastly; finally; meanwhile; speaking of; change of subject; forget that;"
    " instead of that; كمان; وكمان; برضه; وبرضه; بالاضافه; بالمناسبه; علي فكره; حاجه تانيه; موضوع تاني; شي ثاني;"
    " موضوع ثاني; سوال تاني; سوال ثاني; ايضا; وايضا; بعد كده; غير كده; من ناحيه تانيه; بعدين; kaman; kman; 3ala fekra;"
    " ala fekra; 3ala fikra; 7aga tanya; haga tanya; mawdo3 tani; mawdoo3 tany; so2al tany; shay tani; bardo; barddo;"
    " ba3d keda; ghair keda",
    # A request opens.
    "opener": "i need; i'll need; i will need; we need; i'd need; i want; we want; i wanna; i'd like; i would like;"
    " we'd like; we would like; i'm looking for; i am looking for; looking for; we're looking for; looking to;"
    " i'm looking to; i'm searching; searching for; in search of; i'm hoping; i was hoping; i was wondering;"
    " i'm interested in; i am interested in; interested in; can you; could you; would you; will you; can i; could i;"
    " may i; please find; find me; find; get me; help me; help me find; show me; give me; book me; book; reserve;"
    " buy; purchase; go ahead; lets;"
    " search; search for; look up; look for; look into; check; make a reservation; make me; let's; let me;"
    " what about; how about; what's; what is; what are; is there; are there; what is there; what's there;"
    " what else is there; do you have; do i have; tell me;"
    " i have to; i've got to; i'm planning; i am planning; planning to; i feel like; i could use;"
    " i could really use; i'm going to;"
    " i plan to; i think i; suggest; recommend; any; where can i; where could i; how do i; how do we; how can i;"
    " how can we; assist me; set up; arrange;"
    " play; send; transfer; schedule; add; عايز; عايزه; اريد; ابغي; ابي; محتاج; محتاجه; احتاج; ممكن; بدي; بدور علي;"
    " ادور علي; ابحث عن; عندكم; عندك; في عندكم; احجز; احجزلي; دور لي; شوف لي; لو سمحت; حاب; حابب; هل يوجد; فيه; ودي;"
    " 3ayez; 3ayza; 3awez; aayez; abgha; abghi; abi; me7tag; mehtag; momken; mumkin; badawar 3ala; badawar; 3andokom;"
    " 3andak; 3andko; law sama7t; baddi; biddi; feh; fe; uhtaj",
    "thanks": "thanks; thank you; thank; thx; ty; great; perfect; awesome; excellent; cool; wonderful; nice; ok;"
    " okay; alright; all right; good; sounds good; shukran; شكرا; تمام; tamam; shokran; tmam; ممتاز; تسلم; حلو",
    "end": "that's all; that is all; that's it; that is it; nothing else; nothing more; no more; i'm done; i am done;"
    " i'm good; i am good; i'm all set; all set; that'll be all; that will be all; that would be all; goodbye; bye;"
    " all i need; all i needed; all for now; have a good; have a great; have a nice; no thanks; no thank you;"
    " take care;"
    " بس كده; خلاص; مع السلامه; هذا كل شي; bas keda; khalas; ma3 elsalama",
    # The other side tells that a task is finished, or offers more help.
    "done": "has been booked; is booked; has been reserved; is reserved; has been made; was made; is confirmed;"
    " are confirmed; was confirmed; has been confirmed; have been confirmed; is complete; has been completed;"
    " successfully; success; was successful; is successful; been scheduled; is scheduled; been bought; been purchased;"
    " been added; has been sent; was sent; been transferred; is set; been set; all set; i booked; i reserved;"
    " i've booked; i have booked; i've reserved; i have reserved; i got the; i have made; i've made; i scheduled;"
    " i added; i've added; i have added; enjoy; have been booked; have been reserved; was booked; was reserved;"
    " went through; was purchased; have been purchased; you're booked; you are booked; reservation is made; been made;"
    " is done; it's done; has started; now playing; is playing; started playing; تم الحجز; تم التاكيد; تم",
    "more": "anything else; something else; any other; anything more; further assistance; further help; more help;"
    " else i can; else you need; can i help with; what else; help you with; assist you; assist you further;"
    " any more help; else today; need help with; more assistance; other assistance; اي شي ثاني; اي حاجه تانيه;"
    " اي خدمه تانيه",
    # The speaker means the thing in hand.
    "same": "same unit; the same; same one; same apartment; same place; same flat; same property; same villa;"
    " same house; that one; this one; that unit; this unit; that apartment; this apartment; that flat; this flat;"
    " the unit; the apartment; the flat; the villa; that villa; this villa; it; its; there; about it; for it; see it;"
    " that property; this property; that place; this place; the place; نفس الوحده; نفس الشقه; نفسها; نفسه; هاي; هذه;"
    " دي; هي; فيها; عليها; الشقه دي; هناك; نفس المكان; nafs el sha2a; nafs elwe7da; nafs el unit; nafsaha; nafso;"
    " feha; fiha; 3aleha; di; hay; the sha2a di",
    "other": "the other one; the other unit; the other apartment; the other flat; the other villa; the other property;"
    " the other place; other one; other unit; the previous one; the earlier one; الثانيه الاخري; الاخري",
    # A question about the thing found.
    "detail": "do they; does it; does the; does that; does this; does she; does he; is it; are they; will it; has it;"
    " have they; is she; is he; is that; is this; are those; is the; phone number; the address; street address; rating;"
    " how much; how far; what time; how long; where is; where do they; when does it; which station; what genre; who is;"
    " who directed; what is the price; بكام; بكم; فين; وين; كم سعره; متي; bkam; fen; wein; emta",
    "chase": "any update; any updates; any news; still waiting; following up; follow up; just checking; what happened;"
    " what's happening; what is happening; how's it going with; where are we with; get back to me; did you; have you;"
    " في جديد; فيه جديد; ايش صار; شو صار; ايه الاخبار; لسه مستني; fe gdeed;"
    " eh el akhbar; shu sar; feh gdid",
    # Something at home does not work: a matter for maintenance, whatever else is talked about.
    "fault": "broken; leak; leaking; leaks; leakage; not working; doesn't work; does not work; isn't working;"
    " stopped working; won't turn on; out of order; no hot water; no water; flooded; flooding; maintenance; mold;"
    " cockroach; cockroaches; noise; noisy; smell; smells; plumber; plumbing; power cut; no electricity; complaint;"
    " complain; unacceptable; damaged; damage; crack; overcharged; charged twice; مكسور; خربان; خربانه; بايظ; بايظه;"
    " عطلان; عطلانه; تسريب; بيسرب; تسرب; بتسرب; لا يعمل; مش شغال; مش شغاله; ما يشتغل; ما تشتغل; صيانه; شكوي; ريحه;"
    " مقطوعه; bayez; bayza; 5arban; kharban; kharbana; mesh shaghal; mish shaghal; msh sha8al; msh shaghal; beysarrab;"
    " 3atlan; 3atlana; seyana; siyana; shakwa; mksor; maksoor",
    "mine": "my apartment; my flat; my villa; my unit; my house; my place; our apartment; our flat; our villa; our"
    " house; my ac; my current; my rent; our rent; my lease; my contract; my landlord; my tenant; my neighbour;"
    " my building; my deposit; my refund; my request; my complaint; my cheque; my ticket; my keys; my money;"
    " our deposit; our request; our complaint;"
    " شقتي; بيتي; فيلتي; ايجاري انا; عقدي; sha2ety; sha2ti; beety; عندي بالشقه",
    # What waits for another's answer: an offer that was made.
    "pending": "did the owner; did the seller; did the landlord; did the buyer; has the owner; has the seller; has the"
    " landlord; will the owner; will the landlord; will the seller; the owner accept; the seller accept; the landlord"
    " accept; the owner agree; the landlord agree; the owner say; the landlord say; the seller say; from the owner;"
    " from the landlord; from the seller; my offer; our offer; the offer; owner's answer; owner's reply; صاحب الشقه رد;"
    " المالك رد; المالك وافق; رد المالك; موافقه المالك; عرضي; العرض; el malek radd; el malek wafe2; el malek; el 3ard",
    # What gets repaired: a word about it that asks for nothing new goes to the complaint about it.
    "appliance": "ac; a c; air conditioner; air conditioning; heater; water heater; boiler; fridge; washing machine;"
    " dishwasher; oven; lift; elevator; toilet; sink; pipe; ceiling; technician; electrician; repair; fixed; تكييف;"
    " مكيف; سخان; تلاجه; ثلاجه; غساله; مصعد; اسانسير; حنفيه; سباك; فني; كهربائي; تصليح; takyeef; takief; mokayef;"
    " mukayyef; sa5an; sakhan; asanser; sabbak; fanny",
}

# Which of the several subjects named before: its place counted from 1, -1 the last.
_ORDINALS: Final = {
    1: "the first one; the first; first one; 1st one; the 1st; option 1; number 1; option one; the former; الاولي;"
    " الاول; اول واحده; el oula; el awel; elawal; awel wa7da; awwal wahda",
    2: "the second one; the second; second one; 2nd one; the 2nd; option 2; number 2; option two; the latter; الثانيه;"
    " ثاني واحده; تاني واحده; tany wa7da; tani wahda; el thania; el tania; el sania; el tanya; eltanya; el tany;"
    " el taneya; el sha2a el tanya; el we7da el tanya; التانيه; الوحده التانيه; الشقه التانيه; الشقه الثانيه",
    3: "the third one; the third; third one; 3rd one; the 3rd; option 3; number 3; option three; الثالثه; التالته;"
    " ثالث واحده; تالت واحده; talet wa7da; el talta; el thaltha",
    4: "the fourth one; the fourth; fourth one; 4th one; the 4th; option 4; option four; الرابعه; rabe3 wa7da",
    -1: "the last one; the last unit; last one; الاخيره; اخر واحده; akher wa7da; el akhira",
}


@cache
def cue_phrases() -> PhraseBook[Cue | int]:
    """Give the phrase book of the cues and, as numbers, of the ordinals; made once a process."""
    tables: tuple[dict[Any, str], ...] = (_CUES, _ORDINALS)
    return PhraseBook(
        (phrase, meaning) for table in tables for meaning, phrases in table.items() for phrase in phrases.split(";")
    )
