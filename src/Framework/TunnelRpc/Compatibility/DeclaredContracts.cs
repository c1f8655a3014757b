using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Compatibility;

// Decision: docs/adr/0099-contract-fingerprints.md
/// <summary>
/// The contracts of an assembly, from the facts that the generator has written into it. A fingerprint is computed when it is needed, once.
/// Thread-safe.
/// </summary>
internal sealed class DeclaredContracts
{
    // Does not keep an assembly loaded.
    private static readonly ConditionalWeakTable<Assembly, DeclaredContracts> ByAssembly = [];

    // The text of the facts about each service with its methods, each type and each enum. Null if there are several for one subject.
    private readonly Dictionary<string, string?> _subjects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DeclaredContract?> _contracts = new(StringComparer.Ordinal);

    private DeclaredContracts(Assembly assembly)
    {
        foreach (AssemblyMetadataAttribute attribute in assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
        {
            if (attribute is { Key: AssemblyFacts.Key, Value: { } facts })
            {
                AddSubjects(facts);
            }
        }
    }

    /// <summary>Returns the contracts of an assembly.</summary>
    public static DeclaredContracts Of(Assembly assembly) => ByAssembly.GetValue(assembly, static a => new DeclaredContracts(a));

    /// <summary>Returns a contract; null if the assembly has no facts about it, or those of several contracts with this name.</summary>
    /// <param name="service">The service's name on the wire.</param>
    public DeclaredContract? Find(string service) => _contracts.GetOrAdd(service, static (name, contracts) => contracts.Read(name), this);

    /// <summary>Returns the fingerprint of facts.</summary>
    /// <param name="facts">The facts in ordinal order, without duplicates and without those about documentation.</param>
    public static ulong ComputeFingerprint(IEnumerable<LockFact> facts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (LockFact fact in facts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(fact.Text));
            hash.AppendData("\n"u8);
        }

        return BinaryPrimitives.ReadUInt64BigEndian(hash.GetHashAndReset());
    }

    private DeclaredContract? Read(string service)
    {
        var facts = new SortedDictionary<string, LockFact>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var pending = new Queue<string>([$"{LockFact.Service} {LockText.Encode(service)}"]);
        try
        {
            while (pending.TryDequeue(out string? subject))
            {
                if (!seen.Add(subject) || !_subjects.TryGetValue(subject, out string? text))
                {
                    continue;
                }

                if (text is null)
                {
                    return null;
                }

                foreach (LockFact fact in AssemblyFacts.Expand(text).Where(f => !f.IsDocumentation))
                {
                    facts[fact.Text] = fact;
                    AddTypes(fact, pending);
                }
            }
        }
        catch (LockFormatException)
        {
            // The facts of a later generator. They are compared with those of other versions by their tools, not here.
            return null;
        }

        return facts.Count == 0 ? null : new DeclaredContract(service, ComputeFingerprint(facts.Values), [.. facts.Values]);
    }

    /// <summary>Adds the types and enums that the value of a fact contains.</summary>
    private static void AddTypes(LockFact fact, Queue<string> pending)
    {
        if (fact.Aspect is not ("parameter" or "stream" or "result" or "fault" or "member" or "case"))
        {
            return;
        }

        var types = new Stack<WireType>([WireType.Parse(fact.Values[0])]);
        while (types.TryPop(out WireType? type))
        {
            pending.Enqueue($"{LockFact.Type} {type.Name}");
            pending.Enqueue($"{LockFact.Enum} {type.Name}");
            foreach (WireType argument in type.Arguments)
            {
                types.Push(argument);
            }
        }
    }

    /// <summary>Adds the services, types and enums of the value of an attribute. Other lines belong to the one before them.</summary>
    private void AddSubjects(string facts)
    {
        int start = 0;
        while (start < facts.Length)
        {
            int end = start;
            do
            {
                end = facts.IndexOf('\n', end + 1);
            }
            while (end >= 0 && !StartsSubject(facts.AsSpan(end + 1)));

            string text = end < 0 ? facts[start..] : facts[start..end];
            string[] tokens = text.Split('\n', 2)[0].Split(' ', 3);
            if (tokens.Length > 1)
            {
                string subject = $"{tokens[0]} {tokens[1]}";
                _subjects[subject] = _subjects.ContainsKey(subject) ? null : text;
            }

            start = end < 0 ? facts.Length : end + 1;
        }
    }

    private static bool StartsSubject(ReadOnlySpan<char> line) =>
        line.StartsWith(LockFact.Service + " ") || line.StartsWith(LockFact.Type + " ") || line.StartsWith(LockFact.Enum + " ");
}
