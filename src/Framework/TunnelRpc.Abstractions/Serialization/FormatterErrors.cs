using System.ComponentModel;

namespace TunnelRpc.Serialization;

/// <summary>
/// Creates the exceptions of generated formatters, which name the member or argument. The methods are here to keep generated code short.
/// For generated code only.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class FormatterErrors
{
    /// <summary>An argument that the contract declares as not nullable is null.</summary>
    /// <param name="parameter">The name of the parameter.</param>
    /// <param name="method">The name of the method.</param>
    public static ArgumentNullException NullArgument(string parameter, string method) => new(
        parameter, $"Expected a value for the argument {parameter} of {method}, got null. Declare it nullable if null is a valid value.");

    /// <summary>A non-nullable member is null when it is written.</summary>
    public static MessagePackException NullWritten(string valueName) =>
        new($"Expected a value for {valueName}, got null. Declare it nullable if null is a valid value.");

    /// <summary>
    /// A value is of a class derived from the type in the contract: the members that the derived class adds would be lost.
    /// </summary>
    /// <param name="typeName">The type in the contract.</param>
    /// <param name="value">The value.</param>
    public static MessagePackException DerivedTypeWritten(string typeName, object value) =>
        new($"Expected a value of exactly {typeName}, got one of the derived type {value.GetType()}, whose own members would be lost. "
            + "Declare the types with [TunnelUnion] on a common base, or pass an object of the expected type.");

    /// <summary>A non-nullable member or argument is nil in the received data.</summary>
    public static MessagePackException NilRead(string valueName, int offset) =>
        new($"Expected a value for {valueName}, which the contract declares as not nullable, got nil before offset {offset}.")
        {
            Offset = offset - 1,
        };

    /// <summary>A required member is missing in the received data.</summary>
    /// <param name="valueName">The type and the name of the member.</param>
    /// <param name="member">The member in a path: <c>.Name</c>, or <c>[3]</c> if it has an integer key.</param>
    /// <param name="offset">Where the object starts.</param>
    public static MessagePackException MissingMember(string valueName, string member, int offset) =>
        new($"Expected a value for {valueName}, got none in the object at offset {offset}. "
            + "Give it a default or declare it nullable if a peer may omit it.")
        {
            Offset = offset,
            Member = member,
        };

    /// <summary>
    /// A constructor or a setter of a type threw while an object was created from received data. The text of the exception is that of the
    /// application, so it is not part of the message.
    /// </summary>
    /// <param name="typeName">The type.</param>
    /// <param name="offset">Where the object starts.</param>
    /// <param name="error">The exception.</param>
    public static MessagePackException CreationFailed(string typeName, int offset, Exception error) =>
        new($"Expected data that {typeName} accepts at offset {offset}, but its constructor or a setter threw an exception.", error)
        {
            Offset = offset,
            IsOfApplication = true,
        };

    /// <summary>An argument without a default is missing in the received data.</summary>
    public static MessagePackException MissingArgument(string valueName, int count) =>
        new($"Expected a value for {valueName}, got only {count} arguments.");
}
