using TunnelRpc.Chaos.Contract;
using TunnelRpc.Client;
using TunnelRpc.Transports;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>Creates the options of clients. Stateless.</summary>
internal static class Clients
{
    public static TunnelClientOptions CreateOptions(Uri server, ILedger ledger, params string[] transports)
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri(server, "/tunnel"),
            RemoteCertificateValidationCallback = LabCertificate.Trusting(null),
        };
        options.Serve<IChaosPeer>(new ChaosPeer(ledger));
        if (transports.Length > 0)
        {
            options.Transports.Clear();
            foreach (string name in transports)
            {
                options.Transports.Add(HttpTransports.Default.First(t => t.Name == name));
            }
        }

        return options;
    }
}
