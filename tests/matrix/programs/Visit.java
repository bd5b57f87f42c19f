// Asks Java's own TLS client, its trust manager about clients, and its path validator,
// which nobody tells a host or a purpose: so signed code is checked.
//
// Arguments: the trust store, then for each question a line of stdin:
//   server HOST PORT | client CHAINFILE | code CHAINFILE
// Prints a line for each: nothing, or the refusal.
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

public class Visit {
    static KeyStore roots;
    static X509TrustManager manager;
    static SSLContext context;

    public static void main(String[] arguments) throws Exception {
        roots = KeyStore.getInstance(new File(arguments[0]), "changeit".toCharArray());
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(roots);
        manager = (X509TrustManager) factory.getTrustManagers()[0];
        context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);

        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            System.out.println(answer(line.split(" ", 3)));
        }
    }

    static String answer(String[] question) {
        try {
            switch (question[0]) {
                case "server" -> visit(question[1], Integer.parseInt(question[2]));
                case "client" -> manager.checkClientTrusted(chain(question[1]), "EC");
                case "code" -> validate(chain(question[1]));
                default -> throw new IllegalArgumentException(question[0]);
            }
            return "";
        } catch (Exception error) {
            return error.toString().replaceAll("\\s+", " ");
        }
    }

    static void visit(String host, int port) throws Exception {
        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
                SSLSocket socket =
                        (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
        }
    }

    static void validate(X509Certificate[] chain) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        CertPath path = factory.generateCertPath(List.of(chain));
        PKIXParameters parameters = new PKIXParameters(roots);
        parameters.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX").validate(path, parameters);
    }

    static X509Certificate[] chain(String file) throws Exception {
        List<Certificate> found = new ArrayList<>();
        try (FileInputStream in = new FileInputStream(file)) {
            found.addAll(CertificateFactory.getInstance("X.509").generateCertificates(in));
        }
        return found.toArray(new X509Certificate[0]);
    }
}
