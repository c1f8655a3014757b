namespace TunnelRpc.Generators.Model;

/// <summary>How a value is read and written.</summary>
/// <param name="Type">The full name of the type, with nullable annotations.</param>
/// <param name="Formatter">An expression for the formatter.</param>
/// <param name="Primitive">The reader's method without "Read", if reader and writer support the type directly; otherwise null.</param>
/// <param name="ShouldCacheFormatter">Whether the formatter expression creates an object, which is then cached in a static field.</param>
/// <param name="IsNonNullable">Whether the value can be null in C# but must not be nil on the wire.</param>
/// <param name="Wire">The wire type, as facts about the contract name it.</param>
internal sealed record ValueModel(
    string Type, string Formatter, string? Primitive, bool ShouldCacheFormatter, bool IsNonNullable, string Wire);
