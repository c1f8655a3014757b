namespace TunnelRpc.MessagePack.Tests;

/// <summary>Types with formatters of MessagePack-CSharp.</summary>
[TunnelService]
public partial interface IForeign
{
    Task<Report> ReportAsync();

    Task<List<Secret>> SecretsAsync();

    Task<Link> LinkAsync();

    [return: TunnelFormatter(typeof(HalfFormatter))]
    Task<int[]> HalfAsync();

    Task<Temperature> TemperatureAsync();
}
