namespace TunnelRpc.Generators.Model;

internal enum MemberInitialization
{
    /// <summary>Through the constructor.</summary>
    Constructor,

    /// <summary>In the object initializer, and it must come.</summary>
    Required,

    /// <summary>In the object initializer; when it does not come, it keeps what the type gives it.</summary>
    Initializer,

    /// <summary>After construction, when it came.</summary>
    Assignment,
}

/// <summary>One member of a type that travels.</summary>
/// <param name="Name">Its C# name, escaped.</param>
/// <param name="DisplayName">Its name for messages.</param>
/// <param name="Key">Its name on the wire.</param>
/// <param name="Index">Its index on the wire; null in a type that travels as a map.</param>
/// <param name="Initialization">How it is set.</param>
/// <param name="Argument">The constructor parameter's name, escaped, where the arguments have to be named because some are left out; else null.</param>
/// <param name="Default">The constructor parameter's default as an expression; null for none.</param>
/// <param name="Value">How it is read and written.</param>
internal sealed record MemberModel(
    string Name,
    string DisplayName,
    string Key,
    int? Index,
    MemberInitialization Initialization,
    string? Argument,
    string? Default,
    ValueModel Value);
