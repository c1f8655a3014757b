using System;
using System.Collections.Generic;
using System.Linq;

namespace TunnelRpc.Generators.Locks;

/// <summary>
/// The facts of a lock or of an assembly, by subject. Facts about a subject without the fact that it exists are left out.
/// </summary>
internal sealed class LockModel
{
    private readonly Dictionary<string, LockSubject> _subjects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LockFact> _facts = new(StringComparer.Ordinal);

    /// <summary>Creates the model.</summary>
    /// <param name="facts">The facts.</param>
    /// <param name="reserved">The facts that were true once.</param>
    /// <exception cref="LockFormatException">Two facts contradict each other.</exception>
    public LockModel(IEnumerable<LockFact> facts, IEnumerable<LockFact>? reserved = null)
    {
        foreach (LockFact fact in facts)
        {
            if (_facts.TryGetValue(fact.Identity, out LockFact? other) && other.Text != fact.Text)
            {
                throw new LockFormatException($"'{LockText.Show(other.Text)}' and '{LockText.Show(fact.Text)}' contradict each other.");
            }

            _facts[fact.Identity] = fact;
        }

        foreach (LockFact head in _facts.Values.Where(f => f.Aspect.Length == 0))
        {
            _subjects.Add(head.Identity, new LockSubject(head));
        }

        foreach (LockFact fact in _facts.Values.Where(f => f.Aspect.Length > 0).OrderBy(f => f.Text, StringComparer.Ordinal))
        {
            if (Find(fact.Kind, fact.Subject) is { } subject)
            {
                subject.Add(fact);
            }
        }

        Reserved = [.. reserved ?? []];
        Callbacks = new HashSet<string>(
            _facts.Values.Where(f => f.Aspect == "callback").Select(f => f.Values[0]), StringComparer.Ordinal);
    }

    /// <summary>All facts, in no particular order.</summary>
    public IReadOnlyCollection<LockFact> Facts => _facts.Values;

    /// <summary>The facts that were true once: what they name must not be used again.</summary>
    public IReadOnlyCollection<LockFact> Reserved { get; }

    /// <summary>The names of the services that are callbacks of others: their caller is the server.</summary>
    public HashSet<string> Callbacks { get; }

    /// <summary>The services, in ordinal order of their names.</summary>
    public IEnumerable<LockSubject> Services => Of(LockFact.Service);

    /// <summary>Returns the subjects of a kind, in ordinal order of their names.</summary>
    public IEnumerable<LockSubject> Of(string kind) =>
        _subjects.Values.Where(s => s.Head.Kind == kind).OrderBy(s => s.Head.Subject, StringComparer.Ordinal);

    /// <summary>Returns a subject; null if there is none.</summary>
    public LockSubject? Find(string kind, string name) => _subjects.TryGetValue(kind + " " + name, out LockSubject? found) ? found : null;

    /// <summary>Returns the methods of a service, in ordinal order of their names.</summary>
    public IEnumerable<LockSubject> MethodsOf(string service) => Of(LockFact.Method).Where(m => ServiceOf(m.Head) == service);

    /// <summary>Returns the name of the service of a method.</summary>
    public static string ServiceOf(LockFact method) => method.Subject.Split('/')[0];

    /// <summary>Returns whether the model has the fact.</summary>
    public bool Contains(LockFact fact) => _facts.TryGetValue(fact.Identity, out LockFact? found) && found.Text == fact.Text;

    /// <summary>Returns the fact with this identity; null if there is none.</summary>
    public LockFact? FindIdentity(string identity) => _facts.TryGetValue(identity, out LockFact? found) ? found : null;
}
