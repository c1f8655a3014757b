using System.ComponentModel;

namespace TunnelRpc.Serialization;

/// <summary>Visits the generated formatters of a contract, each with its type.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ITunnelFormatterVisitor
{
    /// <summary>Visits the formatter of a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="formatter">The formatter.</param>
    void Visit<T>(ITunnelFormatter<T> formatter);
}
