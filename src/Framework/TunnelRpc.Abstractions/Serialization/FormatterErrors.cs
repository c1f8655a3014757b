using System.ComponentModel;

namespace TunnelRpc.Serialization;

/// <summary>The errors of generated formatters, which name the member or argument: made here so that the generated code stays short.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class FormatterErrors
{
    /// <summary>null where the contract has none, in writing.</summary>
    public static MessagePackException NullWritten(string valueName) =>
        new($"Expected a value of {valueName}, got null. Declare it nullable if null is meant.");

    /// <summary>nil where the contract has no null, in reading.</summary>
    public static MessagePackException NilRead(string valueName, int offset) =>
        new($"Expected a value of {valueName}, got nil before offset {offset}, and its contract says that it is not null.");

    /// <summary>A member that must come did not.</summary>
    public static MessagePackException MissingMember(string valueName, int offset) =>
        new($"Expected a value of {valueName}, got none before offset {offset}. Give it a default or declare it nullable if a peer may leave it out.");

    /// <summary>An argument that has no default did not come.</summary>
    public static MessagePackException MissingArgument(string valueName, int count) =>
        new($"Expected a value of {valueName}, got only {count} arguments.");
}
