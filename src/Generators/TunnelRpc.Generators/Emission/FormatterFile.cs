using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using TunnelRpc.Generators.Model;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Emission;

// Decision: docs/adr/0098-cost-of-contracts-for-the-compiler.md
/// <summary>A file of formatters.</summary>
/// <param name="HintName">The name of the output without ".g.cs".</param>
/// <param name="Types">The types; at least one.</param>
internal sealed record FormatterFile(string HintName, EquatableArray<TypeModel> Types)
{
    /// <summary>The number of types up to which each has a file of its own.</summary>
    public const int MaxSingleFiles = 100;

    /// <summary>The number of files of all types beyond <see cref="MaxSingleFiles"/>.</summary>
    private const int SharedFiles = 64;

    /// <summary>
    /// Returns the files. The compiler compares the name of each output with those of all others, in each run of the generator, so a large
    /// project has few files. The file of a type depends only on its name.
    /// </summary>
    public static ImmutableArray<FormatterFile> Group(ImmutableArray<TypeModel> types) => types.Length <= MaxSingleFiles
        ? types.Select(t => new FormatterFile(t.HintName, new EquatableArray<TypeModel>([t]))).ToImmutableArray()
        : types
            .GroupBy(t => WireHash.Of(t.Identifier) % SharedFiles)
            .OrderBy(g => g.Key)
            .Select(g => new FormatterFile(
                "TunnelRpc-formatters-" + g.Key.ToString("00", CultureInfo.InvariantCulture),
                new EquatableArray<TypeModel>(g.OrderBy(t => t.Identifier, System.StringComparer.Ordinal))))
            .ToImmutableArray();
}
