namespace TunnelRpc.Diagnostics;

// Decision: docs/adr/0099-contract-fingerprints.md
/// <summary>
/// Compares the client's version of a contract with the server's. Every server serves it. A client calls it if a fingerprint of WELCOME
/// differs from its own.
/// </summary>
[TunnelService(Name = "TunnelRpc.Contracts")]
internal partial interface IContractComparison
{
    /// <summary>Compares two versions of a contract, and adds the differences to the failures of later calls of this session.</summary>
    /// <param name="service">The contract's name on the wire.</param>
    /// <param name="facts">
    /// The facts about the client's version, one in a line, at most <see cref="ContractComparisonService.MaxFactsLength"/> characters.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The differences that affect one of the sides.</returns>
    /// <exception cref="TunnelException">
    /// NotFound: the server does not serve the contract, or has no facts about it. InvalidArgument: the facts cannot be read.
    /// PermissionDenied: calls of the contract need authorization. The versions are compared, and the server logs the differences.
    /// </exception>
    [Idempotent]
    Task<ContractComparisonResult> CompareAsync(string service, string facts, CancellationToken cancellationToken = default);
}
