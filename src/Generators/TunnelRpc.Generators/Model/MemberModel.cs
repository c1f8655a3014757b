namespace TunnelRpc.Generators.Model;

/// <summary>How a received object gets the value of a member.</summary>
internal enum MemberInitialization
{
    /// <summary>As a constructor argument.</summary>
    Constructor,

    /// <summary>In the object initializer. The received data must contain the member.</summary>
    Required,

    /// <summary>In the object initializer. A member that is missing in the received data keeps the default of the type.</summary>
    Initializer,

    /// <summary>By an assignment after the construction, if the received data contains the member.</summary>
    Assignment,
}

/// <summary>A serialized member of a type.</summary>
/// <param name="Name">The C# name, escaped.</param>
/// <param name="DisplayName">The name for messages.</param>
/// <param name="Key">The key in a map.</param>
/// <param name="Index">The index in an array; null in a type that is encoded as a map.</param>
/// <param name="Initialization">How a received object gets the value.</param>
/// <param name="Argument">
/// The name of the constructor parameter, escaped, if the constructor arguments must be named because some are omitted; otherwise null.
/// </param>
/// <param name="Default">The default value of the constructor parameter as an expression; null if there is none.</param>
/// <param name="Value">The member's value.</param>
/// <param name="DocumentationId">The id of the declaration in the XML documentation.</param>
internal sealed record MemberModel(
    string Name,
    string DisplayName,
    string Key,
    int? Index,
    MemberInitialization Initialization,
    string? Argument,
    string? Default,
    ValueModel Value,
    string DocumentationId)
{
    /// <summary>
    /// Whether the received data must contain the member: a required member, or a non-nullable constructor parameter without a default.
    /// </summary>
    public bool MustBePresent =>
        Initialization == MemberInitialization.Required
        || (Initialization == MemberInitialization.Constructor && Default is null && Value.IsNonNullable);
}
