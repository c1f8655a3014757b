using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fleet.Server;

/// <summary>
/// Issues the bearer tokens of a fleet, and states how the server validates them. A token (JWT) has the name of its owner, one role and an
/// expiry, and is signed with the server's key. In a real fleet an identity provider issues the tokens. Thread-safe.
/// </summary>
internal sealed class FleetTokens
{
    private const string Issuer = "fleet";
    private const string NameClaim = "sub";
    private const string RoleClaim = "role";
    private const int MinKeyLength = 32;

    private readonly SymmetricSecurityKey _key;

    /// <param name="key">The key that signs and validates the tokens: at least 32 random bytes.</param>
    public FleetTokens(byte[] key)
    {
        if (key.Length < MinKeyLength)
        {
            throw new ArgumentException($"Expected a key of at least {MinKeyLength} bytes, got {key.Length}.", nameof(key));
        }

        _key = new SymmetricSecurityKey(key);
    }

    /// <summary>What a token must be: of this issuer, signed with this key, and not expired.</summary>
    public TokenValidationParameters Validation => new()
    {
        ValidIssuer = Issuer,
        ValidAudience = Issuer,
        IssuerSigningKey = _key,
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        NameClaimType = NameClaim,
        RoleClaimType = RoleClaim,
        ClockSkew = TimeSpan.FromSeconds(30),
    };

    public static FleetTokens WithNewKey() => new(RandomNumberGenerator.GetBytes(MinKeyLength));

    /// <summary>Issues a token.</summary>
    /// <param name="name">The name of its owner.</param>
    /// <param name="role">One of <see cref="FleetRoles"/>.</param>
    /// <param name="lifetime">The time until it expires, rounded down to a whole second of the clock.</param>
    public string Issue(string name, string role, TimeSpan lifetime) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Issuer,
            Claims = new Dictionary<string, object> { [NameClaim] = name, [RoleClaim] = role },
            Expires = (TimeProvider.System.GetUtcNow() + lifetime).UtcDateTime,
            SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.HmacSha256),
        });

    /// <summary>Returns an access token provider of a client: it issues a new token whenever the client asks for one.</summary>
    public Func<CancellationToken, ValueTask<string?>> ProviderFor(string name, string role, TimeSpan lifetime) =>
        _ => ValueTask.FromResult<string?>(Issue(name, role, lifetime));

    /// <summary>When the token of a session's user expires.</summary>
    public static DateTimeOffset ExpiryOf(ClaimsPrincipal user) => DateTimeOffset.FromUnixTimeSeconds(
        long.Parse(user.FindFirstValue(JwtRegisteredClaimNames.Exp)!, CultureInfo.InvariantCulture));
}
