namespace TunnelRpc.Generators.Model;

/// <summary>How a value is read and written.</summary>
/// <param name="Type">Its type, from global::, with nullable annotations.</param>
/// <param name="Formatter">An expression that gives its formatter.</param>
/// <param name="Primitive">The reader's method without "Read", where reader and writer handle it themselves; else null.</param>
/// <param name="ShouldCacheFormatter">Whether the expression makes an object, which is to be kept.</param>
/// <param name="IsNonNullable">Whether null is possible in C# and not on the wire.</param>
internal sealed record ValueModel(string Type, string Formatter, string? Primitive, bool ShouldCacheFormatter, bool IsNonNullable);
