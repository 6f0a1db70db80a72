"""English words that the matcher must not take at face value."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that surround what a person means: "show me a bee please".
FILLERS = _words(
    """
    a an and awesome big cool cute dream giant give huge i in just little lol me more my nice now of on one our
    please pls plz see show some the tiny to us want we with your
    """
)

# Words that are a letter away from a class and yet no typing error, or that alone do not mean the thing they are part
# of (a house is no house finch). Where a vocabulary has one of them as a name or another word, that match comes
# first and this list is never asked.
COMMON = _words(
    """
    bald ball band bank bare base bath beam bean bear beat beef been beer belt bird bite blue boar boat body bold
    bolt bone book boot born boss bowl brain bread brick bride brown bull bump bunny bus cage cake calm came cane
    cape card care cart case cash cast cave chain chair change charm chart chat cheese cherry chess chest child
    church city clean clear click cliff cloud clown coal coast coat coin cold cook cookie cool cord core cost crab
    crack crash crazy crew crow crowd cube cute dance dark dart data dawn deer desk devil dirt dish donkey donut
    door dove drain draw dream dress drink drop duck dust eagle earth east edge eight face fact fair fall fame fear
    fight film fire fist five flag flame flash flat flies flight floor flow flower fold food fool foot force fork
    form four frame free fresh friend front fruit full game gate gems ghost giant girl glass goal goat gold good
    grab grand grass great green grey gun hair half hall hand hard hare hate head heart heat heel hell help hero
    high hill hole home honey hood hoot hope host hour house human ice idea jail joke jump king kiss kite knee lady
    lake lamb lamp land lane last late leaf lean left lemur life light lime line link list live lock long look lord
    love luck lunch mail main mall mane many mark mars mass mast meal meat melon metal mice milk mind mine mint mole
    money monk monkey moon moose more mouse mouth much mud music name near neck nest night nose note nuts ocean
    office open oral page pain paint palm pant park part past path peace peach pear phone pick pile pine pink pipe
    plan plane plant plate play plum poem pole pond pool poor pope pork port post power prize queen quick quiet race
    rail rain ramp rare rate real rice rich ride ring river road rock role roof room root rope rose round ruby rule
    sail salt sand save scale sea seal seat seed shade shape sheep shelf shell ship shirt shoe shop show silk sing
    sink skin skirt skull slave sleep slice slide smile smoke snack snow soap soda soft soil song soul sound soup
    south space spear speed spice spoon sport squid stage stain star state steam steel stick stone storm story stove
    straw stream street swamp sweet swim sword table tail talk tall tape team tear test text thing think tide tile
    time tiny toad toast today tool tooth tower town track trade train tree trick truck trunk tuna turn twin ugly
    unit vase very view voice wall war water wave wheat wheel whole wife wind window wine wing winter witch woman
    wood word work world worm worst yard year young zero
    """
)
