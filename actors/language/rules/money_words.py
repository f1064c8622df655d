"""Words around an amount that tell what it is."""

from __future__ import annotations

from typing import Final

from actors.language.rules.word_set import word_set

DEAL_TALK: Final = word_set(
    "wants wanted demands demanding steep much salary offer offers offered offering counter price prices priced "
    "asking ask rent budget owner seller landlord buyer "
    "buyers deal accept accepted accepts agree agreed settle negotiate negotiable negotiation discount reduce "
    "reduced lower lowest drop dropped raise raised increase increased final best last meet split difference "
    "market index calculator cheap expensive insult joke lowball robbery cash cheque cheques chq chqs pay paying "
    "paid sign signs signed signing commission deposit close worth value quote quoted max maximum min minimum "
    "stretch stretches went gone sold rented neighbour neighbor neighbours similar same comparable listed afford "
    "amount money reject rejected reserve sell selling tenant renew renewal السعر سعر عرض ايجار المالك البائع "
    "المشتري نهائي اخر غالي رخيص نزل نزلوه تنزل نتفق موافق موافقين دافعين يدفع ادفع دفع ميزانيه ميزانيتي المطلوب "
    "مطلوب كاش شيك شيكات تفاوض حدود كثير كتير وايد غاليه زياده خلها خليها خلوها نزلها تطلبون يبون قيمه بدل سعره "
    "سعرها se3r el3ard 3ard malek malek ghaly 8aly r5is rakhis nazel nazelo 5alleha "
    "khalleha khaliha akher a5er cash cheque nemshi mwafe2 mowafe2 adfa3 badfa3 mizaniya budget keteer kteer"
)
MONEY_BEFORE: Final = word_set(
    "salary instead rent price budget under below above over max maximum min minimum upto asking ask offer offered "
    "offering "
    "offers pay paid paying paying deposit cost costs at for around approx about reduce reduced drop dropped "
    "lower lowest accept accepts take takes wants want do final best lets let make makes made close settle agree "
    "agreed go "
    "counter fee fees commission charge charges charged increase increased raise raised worth value valued quote "
    "quoted cheque cheques transfer transferred sent send amount total balance is now to from between within than "
    "last net was ميزانيه ميزانيتي ميزانيتنا بحدود حدود ب سعر السعر ايجار الايجار بسعر عرض دفعت ادفع تحت فوق اقل "
    "اكثر عند حوالي تحويل عربون مقدم b be bi mizaniya mezaniya budget el el3ard 3ard 3ardi as3ar se3r si3r da2af7 "
    "adfa3 dafa3t 3arboon ta7t a2al"
)
MONEY_SURE: Final = word_set(
    "salary dafa3t adfa3 badfa3 دفعت ادفع دفعنا حولت paid pay rent price budget under below max maximum asking offer "
    "offered pay paid deposit fee fees commission upto ميزانيه ميزانيتي سعر السعر الايجار بسعر عرض تحت se3r ta7t"
)
PERIODS: Final = word_set(
    "month monthly mo year yearly yr annum annual annually pm pa pcm week weekly cheque cheques chq chqs cash net "
    "negotiable final flat total deposit شهري شهريا سنوي سنويا بالسنه بالشهر فالسنه كاش نقدا sanawi shahri fel "
    "felsana felshahr cash"
)
DEALS: Final = word_set(
    "do accept take takes settle agree final last best make counter offer offered close go meet budget price rent "
    "wants want asking reduce lower drop under below max lets at from to ask raise increase than least is for b ب "
    "عرض اخر خلها خليها خلوها "
    "السعر akher a5er a5r take"
)
HOME_TALK: Final = word_set(
    "apartment apartments flat flats villa villas townhouse penthouse duplex studio office shop warehouse plot land "
    "bed beds bedroom bedrooms bhk br rent buy sale sell lease شقه شقق فيلا ستوديو استوديو دوبلكس مكتب محل ارض للبيع "
    "للايجار ايجار sha2a sha22a shaqa egar tamleek"
)
RENT_TALK: Final = word_set(
    "rent rents rented rental renting lease tenant tenants tenancy renew renewal landlord ايجار الايجار للايجار ايجاره "
    "ايجارها تجديد التجديد egar eegar el2egar tagdeed"
)
LABELS: Final = word_set("# / + floor tower building block gate phase street")
CHEQUES: Final = word_set(
    "cheque cheques chq chqs cheq cheqs check checks payment payments chks شيك شيكات دفعات chekat"
)
VERBS: Final = word_set(
    "buy rent sell lease see view visit meet talk go get move pay book know come live discuss ask find sign do be "
    "check look invest let start take make have show send call"
)
FOR: Final = word_set("rent sale lease u me you the a my us her him it sell living investment family office")
NO_PLURALS: Final = word_set(
    "is was as has its his this thus yes plus less unless pls plz works thanks sounds makes seems gives needs suits "
    "guess less across always perhaps besides us bonus dewa's cheques includes means covers sirs boss"
)
RATED: Final = word_set("sqft sqm sq square sft foot ft meter metre night day head person hour car key visit")
FEES: Final = word_set(
    "fee fees deposit bill fine charge charges paid commission tip salary dewa sewa addc ejari chiller empower price "
    "budget penalty refund عربون تامين رسوم فاتوره غرامه دفعت 3arboon ta2meen"
)
SMALL_FEES: Final = word_set(
    "fee fees bill charge charges tip dewa sewa addc ejari chiller empower penalty رسوم فاتوره غرامه"
)
SERVICES: Final = word_set(
    "cleaning cleaner cleaners maid maids plumber plumbing electrician electricity repair repairs repairing repaired "
    "maintenance painting painter painters handyman technician pest movers moving mover delivery shipping laundry taxi "
    "uber careem petrol internet wifi water gas cooling ac key keys card cards remote fob parking gym towing carpenter "
    "locksmith curtains mattress sofa fridge oven washer dishwasher bulb filter filters service servicing stamp typing "
    "attestation translation notary photos photographer lunch dinner coffee تنظيف سباك كهربائي صيانه تصليح نقل توصيل "
    "مفتاح tandeef sabbak kahraba2i tasleeh"
)
SPENT: Final = word_set(
    "cost costs costed charged charges charge paid pay paying asked asks took takes was is spent fee bill دفعت"
)
NUMBERED: Final = word_set("unit flat apartment villa raqam no number رقم")
YEARLY: Final = word_set("year yearly yr annum annual annually pa sana سنوي سنويا بالسنه السنه فالسنه sanawi felsana")
MONTHLY: Final = word_set("month monthly mo pm pcm شهري شهريا بالشهر shahri felshahr")
AREA_BEFORE: Final = word_set("bua gfa area size carpet builtup suite sqft مساحه مساحتها المساحه")
RENT_WORDS: Final = word_set("rent rental renting ايجار الايجار ايجاره egar eegar")
OFFERED: Final = word_set(
    "offer offers offered price budget asking accept paid pay for is under below max do take السعر عرض تحت ta7t se3r"
)
UNDER: Final = word_set("under below max maximum upto within تحت ta7t")
CAN: Final = word_set("can could will would i'll we'll he'll they'll max")
GO: Final = word_set("go going goes stretch push can budget max maximum pay anything raise")
THEY: Final = word_set("they owner landlord he she seller buyer tenant client agent")
AFTER_SUM: Final = word_set(
    "if for and but or per is then in with max maximum only please pls plz thanks near close by from to a all net cash "
    "final not so because as at on near preferably ok okay including inclusive yearly annually today now"
)
NOT_MONEY_BEFORE: Final = word_set(
    "rating rated version magnitude score scored form page clause article section part step option number no age "
    "aged version level chapter room flat unit villa building floor tower phase gate block street road route "
    "exit bus line ticket case ref reference order id code pin gate since until on day month year january "
    "february march april may june july august september october november december jan feb mar apr jun jul aug "
    "sep oct nov dec of ) ( & + '"
)
MOST_CHEQUES: Final = word_set("1 2 3 4 5 6 8 10 12")
