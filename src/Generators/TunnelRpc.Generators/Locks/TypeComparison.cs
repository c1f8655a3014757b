using System;
using System.Collections.Generic;
using System.Linq;

namespace TunnelRpc.Generators.Locks;

/// <summary>Compares two versions of the types of a method's values, and of the types of their members.</summary>
/// <param name="comparison">Receives the differences.</param>
/// <param name="old">The older version of the contracts.</param>
/// <param name="new">The newer version of the contracts.</param>
/// <param name="method">The method, at which differences are reported.</param>
internal sealed class TypeComparison(LockComparison comparison, LockModel old, LockModel @new, LockFact method)
{
    /// <summary>The most types that contain each other.</summary>
    private const int MaxDepth = 256;

    /// <summary>The length in characters from which on a path is not extended.</summary>
    private const int MaxPathLength = 1_000;

    // Pairs of types that were compared already; types may be recursive.
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private int _depth;

    /// <summary>Reports the differences of two types.</summary>
    /// <param name="was">The older type.</param>
    /// <param name="became">The newer type.</param>
    /// <param name="side">Which side sends the value.</param>
    /// <param name="path">The path to the value, for messages.</param>
    /// <param name="oldFact">The fact that has the older type.</param>
    /// <param name="newFact">The fact that has the newer type.</param>
    public void Compare(WireType was, WireType became, CallSide side, string path, LockFact oldFact, LockFact newFact)
    {
        var place = new Place(side, path, oldFact, newFact);
        if (was.IsNullable != became.IsNullable)
        {
            Grade(
                place,
                was.IsNullable ? Readability.Sometimes : Readability.Always,
                was.IsNullable ? Readability.Always : Readability.Sometimes,
                was.IsNullable ? "null was allowed and is not" : "null is allowed and was not",
                was.IsNullable ? "null" : "values",
                was.IsNullable ? "values" : "null");
        }

        LockSubject? oldType = old.Find(LockFact.Type, was.Name);
        LockSubject? newType = @new.Find(LockFact.Type, became.Name);
        LockSubject? oldEnum = old.Find(LockFact.Enum, was.Name);
        LockSubject? newEnum = @new.Find(LockFact.Enum, became.Name);
        if (oldType is not null && newType is not null)
        {
            CompareTypes(oldType, newType, place);
        }
        else if (oldEnum is not null && newEnum is not null)
        {
            CompareEnums(oldEnum, newEnum, place);
        }
        else if (was.Arguments.Count == became.Arguments.Count
            && was.Arguments.Count > 0
            && (was.Name == became.Name || ScalarTypes.AreSequences(was, became)))
        {
            if (was.Name != became.Name)
            {
                Grade(place, Readability.Changed, Readability.Changed, Became(was, became), was.Name, became.Name);
            }

            for (int i = 0; i < was.Arguments.Count; i++)
            {
                Compare(was.Arguments[i], became.Arguments[i], side, path, oldFact, newFact);
            }
        }
        else
        {
            string sent = oldEnum?.Head.Values[0] ?? was.Name;
            string read = newEnum?.Head.Values[0] ?? became.Name;
            bool isScalar = was.Arguments.Count == 0 && became.Arguments.Count == 0;
            Grade(
                place,
                isScalar ? ScalarTypes.Read(sent, read) : Readability.Never,
                isScalar ? ScalarTypes.Read(read, sent) : Readability.Never,
                Became(was, became),
                LockText.Show(was.ToString()),
                LockText.Show(became.ToString()));
        }
    }

    /// <summary>Compares what two types contain. The facts of a peer may nest types deeper than the stack allows.</summary>
    private void Descend(Action compare)
    {
        if (_depth == MaxDepth)
        {
            throw new LockFormatException($"Expected types that contain each other at most {MaxDepth} deep, got more.");
        }

        _depth++;
        compare();
        _depth--;
    }

    private static string Became(WireType was, WireType became) =>
        $"{LockText.Show(was.ToString())} became {LockText.Show(became.ToString())}";

    private void CompareTypes(LockSubject was, LockSubject became, Place place)
    {
        if (!_seen.Add($"{was.Head.Subject} {became.Head.Subject} {place.Side.IsResult}"))
        {
            return;
        }

        string encoding = was.Head.Values[0];
        if (encoding != became.Head.Values[0])
        {
            Grade(
                place with { Old = was.Head, New = became.Head },
                Readability.Never,
                Readability.Never,
                $"'{became.Name}' was encoded as {Article(encoding)} and is encoded as {Article(became.Head.Values[0])}",
                Article(encoding),
                Article(became.Head.Values[0]));
        }
        else if (encoding == "union")
        {
            Descend(() => CompareCases(was, became, place));
        }
        else
        {
            Descend(() => CompareMembers(was, became, place, encoding == "array"));
        }
    }

    private void CompareMembers(LockSubject was, LockSubject became, Place place, bool isArray)
    {
        foreach (LockFact oldMember in was.Of("member"))
        {
            string name = MemberName(oldMember, isArray);
            string path = place.Path.Length < MaxPathLength ? $"{place.Path}.{name}" : place.Path;
            if (isArray && became.Of("member").FirstOrDefault(m => MemberName(m, true) == name) is { } moved && moved.Key != oldMember.Key)
            {
                Report(
                    LockGrade.Break,
                    place,
                    $"the member '{name}' of '{became.Name}' moved from index {oldMember.Key} to {moved.Key}: an older {place.Side.Sender} "
                    + $"still sends it at {oldMember.Key}",
                    oldMember,
                    moved);
            }
            else if (became.Find("member", oldMember.Key) is { } newMember)
            {
                Compare(
                    WireType.Parse(oldMember.Values[0]), WireType.Parse(newMember.Values[0]), place.Side, path, oldMember, newMember);
                if (IsRequired(newMember, isArray) && !IsRequired(oldMember, isArray))
                {
                    Report(
                        LockGrade.Surprise,
                        place,
                        $"the member '{name}' of '{became.Name}' became required: a newer {place.Side.Receiver} rejects a value of a "
                        + "peer that omits it",
                        oldMember,
                        newMember);
                }
            }
            else
            {
                ReportRemoved(became, place, oldMember, name, IsRequired(oldMember, isArray));
            }
        }

        foreach (LockFact added in became.Of("member").Where(m => was.Find("member", m.Key) is null))
        {
            comparison.CheckReserved(method, added);
            if (IsRequired(added, isArray))
            {
                Report(
                    LockGrade.Break,
                    place,
                    $"the member '{MemberName(added, isArray)}' of '{became.Name}' is new and required: an older {place.Side.Sender} "
                    + $"does not send it, so a newer {place.Side.Receiver} rejects the value",
                    null,
                    added);
            }
        }
    }

    private void ReportRemoved(LockSubject became, Place place, LockFact member, string name, bool wasRequired)
    {
        string effect = wasRequired
            ? $"a newer {place.Side.Sender} does not send it, so an older {place.Side.Receiver} rejects the value"
            : $"an older {place.Side.Sender} still sends it, and a newer {place.Side.Receiver} drops its value";
        Report(LockGrade.Break, place, $"the member '{name}' of '{became.Name}' is removed: {effect}", member, null);
    }

    private void CompareCases(LockSubject was, LockSubject became, Place place)
    {
        foreach (LockFact oldCase in was.Of("case"))
        {
            string name = $"the case {LockText.Show(oldCase.Key)} of '{became.Name}'";
            LockFact? moved = became.Of("case").FirstOrDefault(c => c.Values[0] == oldCase.Values[0] && c.Key != oldCase.Key);
            if (moved is not null)
            {
                Report(
                    LockGrade.Break,
                    place,
                    $"the case {LockText.Show(oldCase.Values[0])} of '{became.Name}' moved from tag {oldCase.Key} to {moved.Key}: an older "
                    + $"{place.Side.Sender} still sends it as {oldCase.Key}",
                    oldCase,
                    moved);
            }
            else if (became.Find("case", oldCase.Key) is { } newCase)
            {
                Compare(WireType.Parse(oldCase.Values[0]), WireType.Parse(newCase.Values[0]), place.Side, name, oldCase, newCase);
            }
            else
            {
                Report(
                    LockGrade.Break,
                    place,
                    $"{name} is removed: an older {place.Side.Sender} still sends it, which a newer {place.Side.Receiver} rejects",
                    oldCase,
                    null);
            }
        }

        foreach (LockFact added in became.Of("case").Where(c => was.Find("case", c.Key) is null))
        {
            comparison.CheckReserved(method, added);
            if (place.Side.IsResult)
            {
                Report(
                    LockGrade.Surprise,
                    place,
                    $"the case {LockText.Show(added.Key)} of '{became.Name}' is new: a newer {place.Side.Sender} may send it, which an "
                    + $"older {place.Side.Receiver} rejects",
                    null,
                    added);
            }
        }
    }

    private void CompareEnums(LockSubject was, LockSubject became, Place place)
    {
        if (!_seen.Add($"{was.Head.Subject} {became.Head.Subject} {place.Side.IsResult}"))
        {
            return;
        }

        string oldNumbers = was.Head.Values[0];
        string newNumbers = became.Head.Values[0];
        Grade(
            place with { Old = was.Head, New = became.Head },
            ScalarTypes.Read(oldNumbers, newNumbers),
            ScalarTypes.Read(newNumbers, oldNumbers),
            $"the numbers of '{became.Name}' were {oldNumbers} and are {newNumbers}",
            oldNumbers,
            newNumbers);
        foreach (LockFact oldValue in was.Of("value"))
        {
            string name = LockText.Show(LockText.Decode(oldValue.Key));
            string number = oldValue.Values[0];
            if (became.Find("value", oldValue.Key) is { } newValue)
            {
                if (newValue.Values[0] != number)
                {
                    Report(
                        LockGrade.Break,
                        place,
                        $"'{name}' of '{became.Name}' had the number {number} and has {newValue.Values[0]}: an older "
                        + $"{place.Side.Sender} still sends {number} for it",
                        oldValue,
                        newValue);
                }
            }
            else
            {
                LockFact? heir = became.Of("value").FirstOrDefault(v => v.Values[0] == number && was.Find("value", v.Key) is null);
                Report(
                    LockGrade.Surprise,
                    place,
                    $"'{name}' of '{became.Name}' is removed: an older {place.Side.Sender} still sends {number}, which "
                    + (heir is null ? "has no name any more" : $"now means '{LockText.Show(LockText.Decode(heir.Key))}'"),
                    oldValue,
                    heir);
            }
        }

        foreach (LockFact added in became.Of("value").Where(v => was.Find("value", v.Key) is null))
        {
            comparison.CheckReserved(method, added);
            if (place.Side.IsResult && was.Of("value").All(v => v.Values[0] != added.Values[0]))
            {
                Report(
                    LockGrade.Surprise,
                    place,
                    $"'{LockText.Show(LockText.Decode(added.Key))}' of '{became.Name}' is new: a newer {place.Side.Sender} may send "
                    + $"{added.Values[0]}, which has no name for an older {place.Side.Receiver}",
                    null,
                    added);
            }
        }
    }

    /// <summary>Grades a change of a value by what each version can read of the other.</summary>
    /// <param name="place">The value.</param>
    /// <param name="ofOld">Whether a newer receiver can read what an older sender writes.</param>
    /// <param name="ofNew">Whether an older receiver can read what a newer sender writes.</param>
    /// <param name="change">What changed.</param>
    /// <param name="sentByOld">What the older sender writes.</param>
    /// <param name="sentByNew">What the newer sender writes.</param>
    private void Grade(Place place, Readability ofOld, Readability ofNew, string change, string sentByOld, string sentByNew)
    {
        CallSide side = place.Side;
        if (ofOld is Readability.Never or Readability.Sometimes)
        {
            string rejects = ofOld == Readability.Never ? "cannot read" : "may reject";
            Report(
                LockGrade.Break,
                place,
                $"{change}: an older {side.Sender} still sends {sentByOld}, which a newer {side.Receiver} {rejects}",
                place.Old,
                place.New);
        }
        else if (ofNew == Readability.Never)
        {
            Report(
                LockGrade.Break,
                place,
                $"{change}: a newer {side.Sender} sends {sentByNew}, which an older {side.Receiver} cannot read",
                place.Old,
                place.New);
        }
        else if (ofNew == Readability.Sometimes && side.IsResult)
        {
            Report(
                LockGrade.Surprise,
                place,
                $"{change}: a newer {side.Sender} may send {sentByNew}, which an older {side.Receiver} may reject",
                place.Old,
                place.New);
        }
        else if (ofOld == Readability.Changed || ofNew == Readability.Changed)
        {
            Report(
                LockGrade.Surprise,
                place,
                $"{change}: the other version reads it, but some values change",
                place.Old,
                place.New);
        }
    }

    private void Report(LockGrade grade, Place place, string message, LockFact? old, LockFact? @new) =>
        comparison.Report(grade, method, $"{LockText.Show(method.Subject)}, {place.Path}: {message}", old, @new);

    private static string Article(string encoding) => encoding == "array" ? "an array" : "a " + encoding;

    private static bool IsRequired(LockFact member, bool isArray) => member.Values.Skip(isArray ? 2 : 1).Contains("required");

    private static string MemberName(LockFact member, bool isArray) =>
        LockText.Show(LockText.Decode(isArray && member.Values.Count > 1 ? member.Values[1] : member.Key));

    /// <summary>The place of a value: the side that sends it, the path to it, and the facts that have its types.</summary>
    private readonly record struct Place(CallSide Side, string Path, LockFact Old, LockFact New);
}
