using TunnelRpc;

namespace TunnelApp._1.Contracts;

/// <summary>Each client serves this contract; the server calls it.</summary>
[TunnelService]
public partial interface IVisitor
{
    /// <summary>Returns the language of the visitor, for instance "en".</summary>
    Task<string> GetLanguageAsync(CancellationToken cancellationToken = default);
}
