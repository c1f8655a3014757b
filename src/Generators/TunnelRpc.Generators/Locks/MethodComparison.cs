using System;
using System.Collections.Generic;
using System.Linq;

namespace TunnelRpc.Generators.Locks;

/// <summary>Compares two versions of a method.</summary>
/// <param name="comparison">Receives the differences.</param>
/// <param name="old">The older version of the contracts.</param>
/// <param name="new">The newer version of the contracts.</param>
/// <param name="before">The older version of the method.</param>
/// <param name="now">The newer version of the method.</param>
/// <param name="sides">Which side calls it.</param>
internal sealed class MethodComparison(
    LockComparison comparison, LockModel old, LockModel @new, LockSubject before, LockSubject now, CallSide sides)
{
    /// <summary>The mark before the default value of a parameter.</summary>
    public const char DefaultMark = '=';

    private const string OneWay = "one-way";

    private readonly TypeComparison _types = new(comparison, old, @new, now.Head);

    /// <summary>Reports the differences.</summary>
    public void Compare()
    {
        string shape = before.Head.Values[0];
        if (shape != now.Head.Values[0] && WaitsForNothing(before) && WaitsForNothing(now))
        {
            // Both sides know the end of a one-way call, so it and a call without a result are the same on the wire.
            Report(
                LockGrade.Surprise,
                $"it was {shape} and is {now.Head.Values[0]}: " + (shape == OneWay
                    ? $"an older {sides.Caller} still does not wait for it, and is not notified of its failures"
                    : $"an older {sides.Caller} still waits for it, and a newer {sides.Caller} is not notified of its failures"),
                before.Head,
                now.Head);
        }
        else if (shape != now.Head.Values[0])
        {
            Report(
                LockGrade.Break,
                $"it was {shape} and is {now.Head.Values[0]}: an older {sides.Caller} still calls it as {shape}, which a newer "
                + $"{sides.Callee} does not expect",
                before.Head,
                now.Head);
            return;
        }

        CompareParameters();
        CompareValues("stream", "the stream of items that is sent", sides);
        CompareValues("result", "the result", sides with { IsResult = true });
        CompareFaults();
        CompareSettings();
    }

    /// <summary>Whether the method is one-way, or unary without a result.</summary>
    private static bool WaitsForNothing(LockSubject method) =>
        method.Head.Values[0] == OneWay || (method.Head.Values[0] == "unary" && method.Find("result")?.Values[0] == "nil");

    private void CompareParameters()
    {
        List<LockFact> olds = before.OrderedByNumber("parameter");
        List<LockFact> news = now.OrderedByNumber("parameter");
        if (ReportMoves(olds, news))
        {
            return;
        }

        for (int i = 0; i < Math.Min(olds.Count, news.Count); i++)
        {
            string path = $"the parameter '{NameOf(news[i])}'";
            _types.Compare(TypeOf(olds[i]), TypeOf(news[i]), sides, path, olds[i], news[i]);
            CompareDefaults(olds[i], news[i], path);
        }

        foreach (LockFact added in news.Skip(olds.Count))
        {
            comparison.CheckReserved(now.Head, added);
            if (DefaultOf(added) is null)
            {
                Report(
                    LockGrade.Break,
                    $"the parameter '{NameOf(added)}' is new and has no default: an older {sides.Caller} does not send it, so a newer "
                    + $"{sides.Callee} rejects the call",
                    null,
                    added);
            }
        }

        foreach (LockFact removed in olds.Skip(news.Count))
        {
            bool hasDefault = DefaultOf(removed) is not null;
            Report(
                hasDefault ? LockGrade.Surprise : LockGrade.Break,
                $"the parameter '{NameOf(removed)}' is removed: an older {sides.Caller} still sends it, which a newer {sides.Callee} "
                    + "ignores"
                + (hasDefault ? "" : $", and a newer {sides.Caller} does not send it to an older {sides.Callee}, which rejects the call"),
                removed,
                null);
        }
    }

    /// <summary>
    /// Reports parameters whose positions changed. They are identified by their positions on the wire, and here by their names.
    /// </summary>
    private bool ReportMoves(List<LockFact> olds, List<LockFact> news)
    {
        bool moved = false;
        for (int i = 0; i < olds.Count; i++)
        {
            int position = news.FindIndex(p => NameOf(p) == NameOf(olds[i]));
            if (position >= 0 && position != i)
            {
                moved = true;
                Report(
                    LockGrade.Break,
                    $"the parameter '{NameOf(olds[i])}' moved from position {i} to {position}: an older {sides.Caller} still sends it "
                        + $"at {i}",
                    olds[i],
                    news[position]);
            }
        }

        return moved;
    }

    private void CompareDefaults(LockFact old, LockFact @new, string path)
    {
        string? was = DefaultOf(old);
        string? became = DefaultOf(@new);
        if (was is not null && was != became)
        {
            Report(
                LockGrade.Surprise,
                became is null
                    ? $"{path} no longer has the default {was}: a peer that does not send it gets an error from a newer {sides.Callee}"
                    : $"{path} had the default {was} and has {became}: an older {sides.Caller} that omits the argument still means {was}",
                old,
                @new);
        }
    }

    private void CompareValues(string aspect, string path, CallSide value)
    {
        if (before.Find(aspect) is { } old && now.Find(aspect) is { } @new)
        {
            _types.Compare(WireType.Parse(old.Values[0]), WireType.Parse(@new.Values[0]), value, path, old, @new);
        }
    }

    private void CompareFaults()
    {
        CallSide result = sides with { IsResult = true };
        foreach (LockFact old in before.Of("fault"))
        {
            string name = LockText.Show(LockText.Decode(old.Key));
            if (now.Find("fault", old.Key) is { } @new)
            {
                _types.Compare(WireType.Parse(old.Values[0]), WireType.Parse(@new.Values[0]), result, $"the fault '{name}'", old, @new);
            }
            else
            {
                Report(
                    LockGrade.Surprise,
                    $"the fault '{name}' is removed: a newer {sides.Caller} cannot read its detail from an older {sides.Callee}",
                    old,
                    null);
            }
        }

        foreach (LockFact added in now.Of("fault").Where(f => before.Find("fault", f.Key) is null))
        {
            comparison.CheckReserved(now.Head, added);
            Report(
                LockGrade.Surprise,
                $"the fault '{LockText.Show(LockText.Decode(added.Key))}' is new: an older {sides.Caller} gets it without its detail",
                null,
                added);
        }
    }

    private void CompareSettings()
    {
        if (before.Find("idempotent") is { } idempotent && now.Find("idempotent") is null)
        {
            Report(
                LockGrade.Surprise,
                $"it is no longer idempotent: an older {sides.Caller} still repeats it after a failure",
                idempotent,
                null);
        }

        LockFact? old = before.Find("timeout");
        LockFact? @new = now.Find("timeout");
        if (old?.Values[0] != @new?.Values[0])
        {
            Report(
                LockGrade.Surprise,
                $"the timeout was {old?.Values[0] ?? "not set"} and is {@new?.Values[0] ?? "not set"}: an older {sides.Caller} still "
                + "uses the old one",
                old,
                @new);
        }
    }

    private static WireType TypeOf(LockFact parameter) => WireType.Parse(parameter.Values[0]);

    private static string NameOf(LockFact parameter) => LockText.Show(parameter.Values[1]);

    private static string? DefaultOf(LockFact parameter) =>
        parameter.Values.Count > 2 ? LockText.Show(LockText.Decode(parameter.Values[2].TrimStart(DefaultMark))) : null;

    private void Report(LockGrade grade, string message, LockFact? old, LockFact? @new) =>
        comparison.Report(grade, now.Head, $"{now.Name}: {message}", old, @new);
}
