using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace TunnelRpc.Generators.Locks;

/// <summary>The facts about one service, method, type or enum.</summary>
/// <param name="head">The fact that it exists.</param>
internal sealed class LockSubject(LockFact head)
{
    private readonly List<LockFact> _facts = [];

    /// <summary>The fact that it exists.</summary>
    public LockFact Head { get; } = head;

    /// <summary>The other facts.</summary>
    public IReadOnlyList<LockFact> Facts => _facts;

    /// <summary>The name for messages.</summary>
    public string Name => LockText.Show(Head.Subject);

    /// <summary>Adds a fact.</summary>
    public void Add(LockFact fact) => _facts.Add(fact);

    /// <summary>Returns the facts of an aspect.</summary>
    public IEnumerable<LockFact> Of(string aspect) => _facts.Where(f => f.Aspect == aspect);

    /// <summary>Returns a fact; null if there is none.</summary>
    public LockFact? Find(string aspect, string key = "") => _facts.FirstOrDefault(f => f.Aspect == aspect && f.Key == key);

    /// <summary>Returns the facts of an aspect whose keys are numbers, in their order.</summary>
    public List<LockFact> OrderedByNumber(string aspect) =>
        [.. Of(aspect).Select(f => (Number: NumberOf(f.Key), Fact: f)).ToList().OrderBy(f => f.Number).Select(f => f.Fact)];

    /// <summary>Returns the number that a key is.</summary>
    /// <exception cref="LockFormatException">The key is not a number.</exception>
    public static long NumberOf(string key) =>
        long.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new LockFormatException($"Expected a number as the position, index or tag, got '{LockText.Show(key)}'.");
}
