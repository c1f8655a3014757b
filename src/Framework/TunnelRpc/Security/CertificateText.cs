using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>Certificates, and what is wrong with them, in words. Without state.</summary>
internal static class CertificateText
{
    private const int ThumbprintDigits = 64;

    public static string Describe(TransportCertificate certificate) =>
        $"{certificate.Subject}, issued by {certificate.Issuer} (SHA-256 {certificate.Thumbprint})";

    public static bool IsThumbprint(string text)
    {
        string digits = RemoveColons(text);
        return digits.Length == ThumbprintDigits && digits.All(char.IsAsciiHexDigit);
    }

    public static bool IsSameThumbprint(string text, string thumbprint) => RemoveColons(text).Equals(thumbprint, StringComparison.OrdinalIgnoreCase);

    /// <summary>What the platform's check found; empty when all is well.</summary>
    /// <param name="errors">Its findings.</param>
    /// <param name="chain">The chain that it built.</param>
    /// <param name="expectedName">The name that the certificate should be made out to; null where none is wanted.</param>
    public static string DescribeErrors(SslPolicyErrors errors, X509Chain? chain, string? expectedName)
    {
        List<string> faults = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            faults.Add("there is none");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            faults.Add($"it is not made out to \"{expectedName}\"");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            string[] status = [.. (chain?.ChainStatus ?? []).Select(s => $"{s.Status} ({s.StatusInformation.Trim()})").Distinct()];
            faults.Add($"its chain is not trusted{(status.Length == 0 ? "" : ": " + string.Join(", ", status))}");
        }

        return string.Join("; ", faults);
    }

    private static string RemoveColons(string thumbprint) => thumbprint.Replace(":", "", StringComparison.Ordinal);
}
