"""The office's own words: dispositions, levels, kinds, capacities, statuses."""

ROWS: dict[str, tuple[str, str]] = {
    "product": ("تراسل", "Tarasul"),
    # what a referral asks
    "asked.for_information": ("للعلم والإحاطة", "For information"),
    "asked.for_action": ("لإجراء اللازم", "For action"),
    "asked.for_study_opinion": ("للدراسة وإبداء الرأي", "For study and opinion"),
    "asked.for_reply": ("لإعداد الرد", "To prepare a reply"),
    "asked.for_statement": ("للإفادة", "For a statement"),
    "asked.for_review": ("للمراجعة", "For review"),
    "asked.for_initial": ("للتأشير", "For initials"),
    "asked.for_approval": ("للاعتماد", "For approval"),
    "asked.for_signature": ("للتوقيع", "For signature"),
    "asked.for_presentation": ("للعرض", "For presentation"),
    "asked.for_discussion": ("للمناقشة", "For discussion"),
    "asked.for_coordination": ("للتنسيق", "For coordination"),
    "asked.for_follow_up": ("للمتابعة", "For follow-up"),
    "asked.for_filing": ("للحفظ", "For filing"),
    "asked.for_circulation": ("للتعميم", "For circulation"),
    "asked.for_missing_file": ("لإرسال الملف نفسه", "To send the file itself"),
    # kinds
    "kind.incoming_letter": ("كتاب وارد", "Incoming letter"),
    "kind.quarantined_mail": ("بريد محجور", "Quarantined mail"),
    # statuses
    "status.registered": ("مقيّد", "Registered"),
    "status.in_action": ("قيد الإجراء", "In action"),
    "status.awaiting_reply": ("بانتظار الرد", "Awaiting reply"),
    "status.returned": ("معاد", "Returned"),
    "status.closed": ("منتهٍ", "Closed"),
    "status.archived": ("محفوظ", "Archived"),
    "status.voided": ("ملغى", "Voided"),
    # levels
    "urgency.normal": ("عادي", "Normal"),
    "urgency.urgent": ("عاجل", "Urgent"),
    "urgency.very_urgent": ("عاجل جداً", "Very urgent"),
    "confidentiality.normal": ("عادي", "Normal"),
    "confidentiality.restricted": ("محدود", "Restricted"),
    "confidentiality.secret": ("سري", "Secret"),
    "confidentiality.very_secret": ("سري جداً", "Very secret"),
    "confidentiality.top_secret": ("سري للغاية", "Top secret"),
    # capacities
    "capacity.head": ("رئاسة {unit}", "Head of {unit}"),
    "capacity.member": ("{unit}", "{unit}"),
    "capacity.clerk": ("موظف القيد، {unit}", "Registry clerk, {unit}"),
    "capacity.system": ("النظام", "The system"),
    # what the receiving server found out about the sender
    "dmarc.pass": ("تحقق خادم البريد من المرسل", "The mail server verified the sender"),
    "dmarc.fail": ("لم يجتز المرسل تحقق خادم البريد", "The sender failed the mail server's check"),
    "dmarc.none": ("لم يُتحقق من المرسل", "The sender was not verified"),
    # how a letter came
    "via.outlook": ("بالبريد الإلكتروني", "by mail"),
    "via.forward": ("بالبريد الإلكتروني، محالاً من موظف", "by mail, forwarded by an official"),
    "via.scan": ("ممسوحاً ضوئياً", "as a scan"),
    "via.hand": ("باليد", "by hand"),
    "subject.none": ("(بلا موضوع)", "(no subject)"),
    "sender.none": ("(مرسل غير معروف)", "(unknown sender)"),
    "unit.register": ("موظفو {unit}", "Clerks of {unit}"),
}
