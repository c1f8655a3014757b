using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace TunnelRpc.Generators.Model;

/// <summary>The first error of a contract that is not generated, without references to the compilation.</summary>
/// <param name="Contract">The name of the contract.</param>
/// <param name="Id">The id of the rule.</param>
/// <param name="Message">The message.</param>
/// <param name="Path">The source file; empty if the error has no place.</param>
/// <param name="Span">The place in characters.</param>
/// <param name="Lines">The place in lines.</param>
internal sealed record ContractError(string Contract, string Id, string Message, string Path, TextSpan Span, LinePositionSpan Lines)
{
    public static ContractError From(string contract, Diagnostic error) => new(
        contract,
        error.Id,
        error.GetMessage(CultureInfo.InvariantCulture),
        error.Location.SourceTree?.FilePath ?? "",
        error.Location.SourceSpan,
        error.Location.GetLineSpan().Span);

    public Location CreateLocation() => Path.Length == 0 ? Location.None : Location.Create(Path, Span, Lines);
}
