using System;
using System.Collections.Generic;
using System.Linq;

namespace TunnelRpc.Generators.Locks;

// Decision: docs/adr/0084-grades-of-changes.md
/// <summary>
/// Compares two versions of contracts. It follows the types from the methods that both versions have, so that a type has the meaning of its
/// members and not of its name, and so that a difference is graded by the side that sends the value.
/// </summary>
internal sealed class LockComparison
{
    private readonly LockModel _old;
    private readonly LockModel _new;
    private readonly List<LockDifference> _differences = [];

    // By the identity of a fact, the highest grade that was reported for it.
    private readonly Dictionary<string, LockGrade> _reported = new(StringComparer.Ordinal);

    private LockComparison(LockModel old, LockModel @new)
    {
        _old = old;
        _new = @new;
    }

    /// <summary>Compares all services. Each added fact is a difference of its own.</summary>
    public static IReadOnlyList<LockDifference> Compare(LockModel old, LockModel @new)
    {
        var comparison = new LockComparison(old, @new);
        foreach (LockSubject removed in old.Services.Where(s => @new.Find(LockFact.Service, s.Head.Subject) is null))
        {
            LockDifference difference = ServiceRemoved(removed);
            if (!comparison.IsAccepted(difference.Old))
            {
                comparison._differences.Add(difference);
            }
        }

        return comparison.CompareServices();
    }

    /// <summary>Compares the services of the newer version only, for instance one service of many.</summary>
    public static IReadOnlyList<LockDifference> CompareServicesOf(LockModel old, LockModel @new) =>
        new LockComparison(old, @new).CompareServices();

    /// <summary>Returns the difference that a service was removed.</summary>
    public static LockDifference ServiceRemoved(LockSubject removed) => new(
        LockGrade.Break,
        removed.Head,
        $"The service '{removed.Name}' is removed: an older peer still calls it, and gets Unimplemented.",
        removed.Head,
        null);

    /// <summary>
    /// Reports a difference, unless the newer version reserves the old fact, which accepts the break, or a difference of the same or a
    /// higher grade was reported for the fact.
    /// </summary>
    public void Report(LockGrade grade, LockFact subject, string message, LockFact? old, LockFact? @new)
    {
        string fact = (@new ?? old)?.Identity ?? "";
        bool isReported = _reported.TryGetValue(fact, out LockGrade reported) && reported >= grade;
        if (!isReported && (grade != LockGrade.Break || !IsAccepted(old)))
        {
            _reported[fact] = grade;
            _differences.Add(new LockDifference(grade, subject, message + ".", old, @new));
        }
    }

    /// <summary>Reports a fact that uses a name, key or number which the older version reserves.</summary>
    public void CheckReserved(LockFact subject, LockFact fact)
    {
        if (_old.FindIdentity(fact.Identity) is null && _old.Reserved.FirstOrDefault(r => IsSame(r, fact)) is { } reserved)
        {
            Report(
                LockGrade.Break,
                subject,
                $"'{LockText.Show(fact.Text)}' uses again what is reserved by '{LockText.Show(reserved.Text)}': an older peer may still "
                + "give it the old meaning",
                null,
                fact);
        }
    }

    private List<LockDifference> CompareServices()
    {
        foreach (LockSubject service in _new.Services)
        {
            CompareService(service);
        }

        ReportAdditions();
        return _differences;
    }

    /// <summary>Whether the newer version reserves the fact.</summary>
    private bool IsAccepted(LockFact? old) => old is not null && _new.Reserved.Any(r => r.Text == old.Text);

    private static bool IsSame(LockFact reserved, LockFact fact) =>
        reserved.Identity == fact.Identity
        || (fact is { Kind: LockFact.Enum, Aspect: "value" }
            && reserved is { Kind: LockFact.Enum, Aspect: "value" }
            && reserved.Subject == fact.Subject
            && reserved.Values[0] == fact.Values[0]);

    private void CompareService(LockSubject now)
    {
        string name = now.Head.Subject;
        CheckReserved(now.Head, now.Head);
        if (_old.Find(LockFact.Service, name) is not { } old)
        {
            return;
        }

        var sides = CallSide.Of(_old.Callbacks.Contains(name) || _new.Callbacks.Contains(name));
        CompareSettings(old, now, sides);
        foreach (LockSubject removed in _old.MethodsOf(name).Where(m => _new.Find(LockFact.Method, m.Head.Subject) is null))
        {
            Report(
                LockGrade.Break,
                now.Head,
                $"The method '{removed.Name}' is removed: an older {sides.Caller} still calls it, and gets Unimplemented",
                removed.Head,
                null);
        }

        foreach (LockSubject method in _new.MethodsOf(name))
        {
            CheckReserved(method.Head, method.Head);
            if (_old.Find(LockFact.Method, method.Head.Subject) is { } before)
            {
                new MethodComparison(this, _old, _new, before, method, sides).Compare();
            }
        }
    }

    private void CompareSettings(LockSubject old, LockSubject now, CallSide sides)
    {
        LockFact? before = old.Find("callback");
        LockFact? after = now.Find("callback");
        if (before?.Values[0] is { } removed && removed != after?.Values[0])
        {
            string change = after is null ? "removed" : $"'{LockText.Show(after.Values[0])}'";
            Report(
                LockGrade.Break,
                now.Head,
                $"The callback of '{now.Name}' was '{LockText.Show(removed)}' and is {change}: an older {sides.Callee} still calls it, "
                + $"and a newer {sides.Caller} does not serve it",
                before,
                after);
        }
        else if (before is null && after is not null)
        {
            Report(
                LockGrade.Surprise,
                now.Head,
                $"'{now.Name}' has the new callback '{LockText.Show(after.Values[0])}': an older {sides.Caller} does not serve it, so "
                + $"calls of a newer {sides.Callee} get Unimplemented",
                null,
                after);
        }

        before = old.Find("ordered");
        after = now.Find("ordered");
        if ((before is null) != (after is null))
        {
            Report(
                LockGrade.Surprise,
                now.Head,
                after is null
                    ? $"'{now.Name}' no longer has ordered dispatch: a newer {sides.Callee} runs the calls of an older {sides.Caller} "
                        + "at the same time"
                    : $"'{now.Name}' has ordered dispatch: calls of an older {sides.Caller} may arrive out of order, and run one at a time",
                before,
                after);
        }
    }

    /// <summary>Reports the facts that the older version does not have and that no other difference is about.</summary>
    private void ReportAdditions()
    {
        var explained = new HashSet<string>(_differences.Where(d => d.New is not null).Select(d => d.New!.Text), StringComparer.Ordinal);
        foreach (LockFact fact in _new.Facts
            .Where(f => !f.IsDocumentation && !_old.Contains(f) && !explained.Contains(f.Text))
            .OrderBy(f => f.Text, StringComparer.Ordinal))
        {
            LockFact? before = _old.FindIdentity(fact.Identity);
            string message = before is null
                ? $"'{LockText.Show(fact.Text)}' is new"
                : $"'{LockText.Show(before.Text)}' became '{LockText.Show(fact.Text)}'";
            _differences.Add(new LockDifference(LockGrade.Addition, SubjectOf(fact), message + ".", before, fact));
        }
    }

    /// <summary>The method of a fact about a method; otherwise the service, or the first one where the fact is about a type.</summary>
    private LockFact SubjectOf(LockFact fact) =>
        (fact.Kind is LockFact.Method or LockFact.Service ? _new.Find(fact.Kind, fact.Subject)?.Head : _new.Services.FirstOrDefault()?.Head)
        ?? fact;
}
